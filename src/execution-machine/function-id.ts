import { contentIdFrom, encodeCanonical, type CanonicalValue } from '../integrity/index.ts';
import { sha256 } from '../ledger/hashing.ts';

/** The content id of a canonical value: CIDv1, dag-cbor, sha-256. */
export function contentIdOf(value: CanonicalValue): string {
  return contentIdFrom('dag-cbor', sha256(encodeCanonical(value)));
}

/** Names what runs: a source and the engine that it runs in. */
export function codeIdOf(of: { readonly engine: string; readonly source: string }): string {
  return contentIdOf({ engine: of.engine, source: of.source });
}

/**
 * Names a function for ever: the code it began with, and who may ever change it.
 *
 * `governance` is the function whose word upgrades it; null: nobody, never.
 */
export function functionIdOf(of: {
  readonly engine: string;
  readonly source: string;
  readonly governance: string | null;
}): string {
  return contentIdOf({ code: codeIdOf(of), governance: of.governance });
}

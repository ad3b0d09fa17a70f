import { failure } from '../domain/failure.ts';
import { STATE_PROOF_STEPS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from '../integrity/index.ts';
import { sha256 } from '../ledger/hashing.ts';
import { bitOf, EMPTY_HASH, hashOfFork, hashOfLeaf, wayTo, type Tree } from './state-tree.ts';

/** Shows what a state root says of one key: its value, or that it has none. */
export type StateProof = {
  /** The hashes beside the way to the key, root first. */
  readonly beside: readonly Uint8Array[];
  /** The row where the way ends: this key's, another's (then this key has none), or no row. */
  readonly end: { readonly keyHash: Uint8Array; readonly valueHash: Uint8Array } | null;
};

/** What a proof is about; `value` undefined claims that the key has none. */
export type StateClaim = {
  readonly function: string;
  readonly key: string;
  readonly value: CanonicalValue | undefined;
};

/** Where a row stands: the hash of its function and key. */
export function keyHashOf(of: { readonly function: string; readonly key: string }): Uint8Array {
  return sha256(encodeCanonical([of.function, of.key]));
}

/** The hash of a row's value. */
export function valueHashOf(value: CanonicalValue): Uint8Array {
  return sha256(encodeCanonical(value));
}

/** Makes the proof of a key, whether it has a value or not. */
export function proveState(
  tree: Tree,
  of: { readonly function: string; readonly key: string },
): StateProof {
  const { beside, end } = wayTo(tree, keyHashOf(of));
  return { beside, end: end && { keyHash: end.keyHash, valueHash: end.valueHash } };
}

/**
 * Succeeds only when a root says of a key what is claimed.
 *
 * Proof and claim may come from an attacker. Errors: "limit_exceeded" | "bytes_mismatch".
 */
export function verifyState(
  root: Uint8Array,
  claim: StateClaim,
  { beside, end }: StateProof,
): Outcome<void> {
  if (beside.length > STATE_PROOF_STEPS_MAX) {
    const text = `a state proof has at most ${STATE_PROOF_STEPS_MAX} steps`;
    return fail(failure('limit_exceeded', `${text}; this one has ${beside.length}. Ask again.`));
  }
  const hashes = end === null ? beside : [...beside, end.keyHash, end.valueHash];
  if (hashes.some(({ byteLength }) => byteLength !== EMPTY_HASH.byteLength)) {
    return unproven('a hash has another size');
  }
  const keyHash = keyHashOf(claim);
  const isOwn = end !== null && equalBytes(end.keyHash, keyHash);
  if (isOwn !== (claim.value !== undefined)) return unproven('it is about another row');
  if (isOwn && claim.value !== undefined && !equalBytes(end.valueHash, valueHashOf(claim.value))) {
    return unproven('the value is another');
  }
  // The way is this key's own: another row at its end stands where this key would.
  let hash = end === null ? EMPTY_HASH : hashOfLeaf(end.keyHash, end.valueHash);
  for (let depth = beside.length - 1; depth >= 0; depth--) {
    const other = beside[depth] ?? EMPTY_HASH;
    hash = bitOf(keyHash, depth) === 1 ? hashOfFork(other, hash) : hashOfFork(hash, other);
  }
  return equalBytes(hash, root) ? succeed(undefined) : unproven('it leads to another root');
}

/** A proof as canonical bytes: [hashes beside, end's two hashes or null]. */
export function encodeStateProof({ beside, end }: StateProof): Uint8Array {
  return encodeCanonical([[...beside], end && [end.keyHash, end.valueHash]]);
}

/**
 * The proof that bytes hold; what it shows is for `verifyState` to say.
 *
 * The bytes may come from an attacker. Errors: "input_malformed".
 */
export function decodeStateProof(bytes: Uint8Array): Outcome<StateProof> {
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return decoded;
  const [beside, end, ...rest] = listIn(decoded.value) ?? [];
  const hashes = listIn(beside);
  const pair = end === null ? [] : listIn(end);
  const isWhole = rest.length === 0 && hashes?.every(isBytes) && pair?.every(isBytes);
  if (isWhole && end === null) return succeed({ beside: hashes.filter(isBytes), end: null });
  const [keyHash, valueHash, ...others] = pair?.filter(isBytes) ?? [];
  if (!isWhole || keyHash === undefined || valueHash === undefined || others.length > 0) {
    const text = 'these bytes are no state proof';
    return fail(failure('input_malformed', `${text}. Get it again, from another source.`));
  }
  return succeed({ beside: hashes.filter(isBytes), end: { keyHash, valueHash } });
}

function listIn(value: CanonicalValue | undefined): readonly CanonicalValue[] | null {
  return Array.isArray(value) ? (value as readonly CanonicalValue[]) : null;
}

function isBytes(value: CanonicalValue): value is Uint8Array {
  return value instanceof Uint8Array;
}

function unproven(why: string): Outcome<never> {
  const text = `the state proof does not hold: ${why}`;
  return fail(failure('bytes_mismatch', `${text}. Get it again, from another source.`));
}

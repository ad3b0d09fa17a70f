import type { CanonicalValue } from '../integrity/index.ts';

/** What a log gives the machine of one of its entries; who signed it has been checked. */
export type Entry = {
  /** Its place in the log; entries come in rising order, not all of them for functions. */
  readonly index: number;
  /** When the sequencer took it. Unix time in ms. */
  readonly atMs: number;
  /** The key that signed it. */
  readonly caller: string;
  /** What its caller made it unique by: one (caller, anchor) runs once. */
  readonly anchor: string;
  /** A function's id, or one of the two words for what the machine itself does. */
  readonly function: string | 'deploy' | 'upgrade';
  /** Parsed from canonical bytes; undefined where these were not canonical. */
  readonly body: CanonicalValue | undefined;
};

/** What an entry came to. Each is final, and the same for whoever evaluates the log. */
export type EntryOutcome =
  /** `handle` returned, and what it wrote is in the state. */
  | { readonly kind: 'done'; readonly value: CanonicalValue }
  /** `handle` threw; nothing is written. */
  | { readonly kind: 'thrown'; readonly message: string }
  /** It took more than an action may; nothing is written. */
  | { readonly kind: 'stopped'; readonly limit: 'gas' | 'memory' }
  /** It did not run. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly detail: string };

/** Why an entry does not run: a closed list, part of what evaluators must agree on. */
export type RefusalReason =
  | 'body_malformed'
  | 'body_too_large'
  | 'replayed'
  | 'function_unknown'
  | 'function_known'
  | 'engine_unknown'
  | 'source_invalid'
  | 'upgrade_not_approved';

/** An outcome that says why an entry does not run. */
export function refuse(reason: RefusalReason, detail: string): EntryOutcome {
  return { kind: 'refused', reason, detail };
}

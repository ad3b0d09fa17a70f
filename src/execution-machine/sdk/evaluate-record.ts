import type { Outcome } from '../../domain/outcome.ts';
import { succeed } from '../../domain/outcome.ts';
import type { CanonicalValue } from '../../integrity/index.ts';
import type { Policy, TileReader, VerifierKey } from '../../ledger/index.ts';
import type { Engine } from '../engine.ts';
import type { Entry, EntryOutcome } from '../entry.ts';
import { openProcessor } from '../processor.ts';
import type { RecordVerdict, VerifyProgress } from '../verify/record-check.ts';
import { verifyRecord } from '../verify/verify-record.ts';

/** A log that was evaluated here: believed are the log's key and the engine, and nobody else. */
export type EvaluatedRecord = {
  /** What was checked, and the first thing that is not as it should be. */
  readonly verdict: RecordVerdict;
  /** A value of the state that was found; undefined where there is none. */
  read(of: { readonly function: string; readonly key: string }): CanonicalValue | undefined;
  /** Rows by the beginning of their keys. */
  list(of: {
    readonly function: string;
    readonly prefix: string;
    readonly limit: number;
  }): readonly (readonly [string, CanonicalValue])[];
};

/**
 * Evaluates a whole log from its static files: each hash, signature, action and claimed root.
 *
 * Memory holds the state of all functions and the anchors that were used. Errors: those of
 * `verifyRecord`.
 */
export async function evaluateRecord(of: {
  readonly engine: Engine;
  readonly tiles: TileReader;
  /** Whose log it must be. */
  readonly log: VerifierKey;
  readonly onOutcome?: (entry: Entry, outcome: EntryOutcome) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}): Promise<Outcome<EvaluatedRecord>> {
  const { engine, tiles, log, onOutcome, ...options } = of;
  const processor = openProcessor(engine);
  try {
    const heard = onOutcome === undefined ? {} : { onOutcome };
    const verdict = await verifyRecord({
      ...options,
      tiles,
      policy: policyOf(log),
      pinned: null,
      check: { level: 'full', engine, processor, ...heard },
      nowMs: () => performance.now(),
    });
    if (!verdict.ok) return verdict;
    return succeed({
      verdict: verdict.value,
      read: (row) => processor.read(row),
      list: (rows) => processor.list(rows),
    });
  } finally {
    // The state stays; only the guest ends.
    processor.dispose();
  }
}

function policyOf(key: VerifierKey): Policy {
  return { logs: [{ key, url: null }], witnesses: new Map(), quorum: { kind: 'none' } };
}

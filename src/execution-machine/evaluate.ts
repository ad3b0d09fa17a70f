import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { GUEST_ENTRIES_MAX } from '../domain/limits.ts';
import { equalBytes } from '../integrity/index.ts';
import type { Engine } from './engine.ts';
import type { Entry, EntryOutcome } from './entry.ts';
import { openProcessor, type Processor } from './processor.ts';

/** A state root that somebody signed for: what all state was just after an entry. */
export type RootClaim = { readonly index: number; readonly root: Uint8Array };

/** What evaluating a log says about what was claimed of it. */
export type Evaluation = {
  /** Entries that were folded. */
  readonly entryCount: number;
  readonly root: Uint8Array;
  /** Claims that were found to be true, all before the first difference. */
  readonly agreedCount: number;
  /**
   * The first claim that is false; null: none. The entry that differs is after the last claim that
   * was true, and not after this one: with a claim at each entry it is this one.
   */
  readonly difference: {
    readonly afterIndex: number;
    readonly index: number;
    readonly claimed: Uint8Array;
    readonly found: Uint8Array;
  } | null;
};

export type EvaluationProgress = { readonly index: number; readonly entryCount: number };

/**
 * Folds a log again, lazily: whoever doubts does it, and keeps no more of it than one batch.
 *
 * Entries and claims may come from an attacker; entries must have been checked against their
 * signatures and the log's root by whoever streams them. Stops at the first difference.
 * Errors: "input_invalid" (entries out of order) | "canceled".
 */
export async function evaluate(
  processor: Processor,
  of: {
    readonly entries: AsyncIterable<Entry> | Iterable<Entry>;
    /** By rising index. */
    readonly claims: readonly RootClaim[];
    /** The last entry to fold; null: all that come. */
    readonly upTo: number | null;
    readonly onOutcome?: (entry: Entry, outcome: EntryOutcome) => void;
    readonly onProgress?: (progress: EvaluationProgress) => void;
    readonly signal?: AbortSignal;
  },
): Promise<Outcome<Evaluation>> {
  const course = { entryCount: 0, agreedCount: 0, agreedIndex: -1 };
  let lastIndex = processor.nextIndex - 1;
  let batch: Entry[] = [];
  const claims = of.claims.values();
  let claim = claims.next().value;
  const fold = async () => {
    const outcomes = await processor.apply(batch);
    for (const [at, entry] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome !== undefined) of.onOutcome?.(entry, outcome);
    }
    course.entryCount += batch.length;
    batch = [];
    of.onProgress?.({ index: lastIndex, entryCount: course.entryCount });
  };
  /** Compares all claims about the state before this entry; the first false one, if any. */
  const compareBefore = async (index: number): Promise<Evaluation['difference']> => {
    while (claim !== undefined && claim.index < index) {
      if (batch.length > 0) await fold();
      const found = processor.root();
      if (!equalBytes(found, claim.root)) {
        return { afterIndex: course.agreedIndex, index: claim.index, claimed: claim.root, found };
      }
      course.agreedCount++;
      course.agreedIndex = claim.index;
      claim = claims.next().value;
    }
    return null;
  };
  const ended = (difference: Evaluation['difference']): Outcome<Evaluation> => {
    const { entryCount, agreedCount } = course;
    return succeed({ entryCount, agreedCount, root: processor.root(), difference });
  };
  for await (const entry of of.entries) {
    if (of.signal?.aborted === true) return fail(failure('canceled', 'Evaluation was canceled.'));
    if (of.upTo !== null && entry.index > of.upTo) break;
    if (!Number.isSafeInteger(entry.index) || entry.index <= lastIndex) {
      const text = `entry ${entry.index} comes after entry ${lastIndex}`;
      return fail(failure('input_invalid', `${text}. Get the log again, from another source.`));
    }
    const difference = await compareBefore(entry.index);
    if (difference !== null) return ended(difference);
    batch.push(entry);
    lastIndex = entry.index;
    if (batch.length >= GUEST_ENTRIES_MAX) await fold();
  }
  const difference = await compareBefore(lastIndex + 1);
  if (difference === null && batch.length > 0) await fold();
  return ended(difference);
}

/** As `evaluate`, from the beginning of the log and with a processor of its own. */
export async function evaluateLog(
  engine: Engine,
  of: Parameters<typeof evaluate>[1],
): Promise<Outcome<Evaluation>> {
  const processor = openProcessor(engine);
  try {
    return await evaluate(processor, of);
  } finally {
    processor.dispose();
  }
}

import { ROOT_CLAIM_LAG_MAX } from '../../domain/limits.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { Entry, EntryOutcome } from '../entry.ts';
import type { RootClaim } from '../evaluate.ts';
import type { LogEntry } from '../log-entry.ts';
import type { Processor } from '../processor.ts';
import type { RecordDifference } from './record-check.ts';

/**
 * Evaluates a log while it streams by, and holds the state to every root that was claimed.
 *
 * A claim stands behind the entries that it is about, by at most ROOT_CLAIM_LAG_MAX: so many
 * entries wait before they are folded, and memory does not grow with the log.
 */
export class RootFold {
  readonly #processor: Processor;
  readonly #onOutcome: ((entry: Entry, outcome: EntryOutcome) => void) | undefined;
  #waiting: Entry[] = [];
  /** Not yet compared, by rising index. */
  readonly #claims: RootClaim[] = [];
  #agreedIndex = -1;
  actionCount = 0;
  agreedCount = 0;

  constructor(processor: Processor, onOutcome?: (entry: Entry, outcome: EntryOutcome) => void) {
    this.#processor = processor;
    this.#onOutcome = onOutcome;
  }

  get root(): Uint8Array {
    return this.#processor.root();
  }

  /** Takes the next entry of the log. */
  take(entry: LogEntry): void {
    if (entry.kind === 'action') this.#waiting.push(entry.entry);
    if (entry.kind !== 'root') return;
    const { claim } = entry;
    const behind = this.#claims.findLastIndex(({ index }) => index <= claim.index);
    this.#claims.splice(behind + 1, 0, claim);
  }

  /** Folds what no claim of a later entry than `index` can be about; the first false claim. */
  settleBehind(index: number): Promise<RecordDifference | null> {
    return this.settle(index - ROOT_CLAIM_LAG_MAX);
  }

  /** Folds all entries up to this one; the first claim about them that is false. */
  async settle(upTo: number): Promise<RecordDifference | null> {
    for (;;) {
      const [claim] = this.#claims;
      const isDue = claim !== undefined && claim.index <= upTo;
      await this.#fold(isDue ? claim.index : upTo);
      if (!isDue) return null;
      this.#claims.shift();
      const { index, root: claimed } = claim;
      const found = this.#processor.root();
      if (!equalBytes(found, claimed)) {
        return { kind: 'root', afterIndex: this.#agreedIndex, index, claimed, found };
      }
      this.agreedCount++;
      this.#agreedIndex = index;
    }
  }

  async #fold(upTo: number): Promise<void> {
    const kept = this.#waiting.findIndex(({ index }) => index > upTo);
    const due = this.#waiting.splice(0, kept === -1 ? this.#waiting.length : kept);
    if (due.length === 0) return;
    const outcomes = await this.#processor.apply(due);
    this.actionCount += due.length;
    for (const [at, outcome] of outcomes.entries()) {
      const entry = due[at];
      if (entry !== undefined) this.#onOutcome?.(entry, outcome);
    }
  }
}

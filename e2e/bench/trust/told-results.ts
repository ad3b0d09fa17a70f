import type { JobId } from '../../../src/domain/ids.ts';
import type { TaskOutput } from '../../../src/domain/work.ts';
import type { LeaseNumber } from '../../../src/scheduler/index.ts';
import type { Tally, Told } from './tally.ts';

/** A result of an open job. */
export type ToldResult = {
  output: TaskOutput;
  readonly told: Told;
  readonly job: JobId;
  /** A check found something of it. */
  isJudged: boolean;
};

/** What was reported of open jobs, by lease. */
export class ToldResults {
  readonly #results = new Map<LeaseNumber, ToldResult>();

  put(lease: LeaseNumber, result: Omit<ToldResult, 'isJudged'>): void {
    this.#results.set(lease, { ...result, isJudged: false });
  }

  get(lease: LeaseNumber): ToldResult {
    const known = this.#results.get(lease);
    if (known === undefined) throw new Error(`nothing was reported under lease ${lease}`);
    return known;
  }

  forget(lease: LeaseNumber): void {
    this.#results.delete(lease);
  }

  /** Those that were never judged went with their key. */
  forgetJob(job: JobId, tally: Tally): void {
    for (const [lease, result] of this.#results) {
      if (result.job !== job) continue;
      if (!result.isJudged) tally.becameOf(result.told, 'dropped');
      this.#results.delete(lease);
    }
  }
}

import type { CheckingPolicy } from '../../../src/domain/checking.ts';
import type { JobId } from '../../../src/domain/ids.ts';
import type { RandomStream } from '../../../src/domain/random.ts';
import type { RowRange } from '../../../src/domain/tensor.ts';
import type { TaskOutput } from '../../../src/domain/work.ts';
import type { Checker } from '../../../src/orchestrator/checking/checker.ts';
import type {
  CheckRequest,
  Judgement,
  LeaseNumber,
  SchedulerState,
} from '../../../src/scheduler/index.ts';
import type { KeyTally, Tally } from './tally.ts';
import type { TrustJob } from './trust-jobs.ts';

/** How results are judged: ours, or a peer's, in the same world. */
export type CheckingRule = {
  readonly name: string;
  /** What jobs ask the scheduler for. */
  readonly policy: CheckingPolicy;
  judge(requests: readonly CheckRequest[], bench: Bench): Promise<readonly Judgement[]>;
};

/** What a rule may use of the world. */
export type Bench = {
  readonly state: SchedulerState;
  readonly checker: Checker;
  readonly tally: Tally;
  /** Seeds of draws: made after the results were reported. */
  readonly random: RandomStream;
  job(job: JobId): TrustJob;
  /** The output reported under a lease. */
  output(lease: LeaseNumber): TaskOutput;
  keyOf(lease: LeaseNumber): KeyTally;
  /** Has somebody else, drawn evenly, compute the same rows; null: there is nobody. */
  computeElsewhere(of: {
    readonly job: JobId;
    readonly rows: RowRange;
    readonly not: readonly KeyTally[];
  }): Promise<{ readonly key: KeyTally; readonly output: TaskOutput } | null>;
  /** What enters the output in the place of a lease's own result. */
  replace(lease: LeaseNumber, by: TaskOutput): void;
};

import type { Outcome } from '../../domain/outcome.ts';
import type { RandomStream } from '../../domain/random.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../../domain/work.ts';
import type { Check } from '../check.ts';

/**
 * A proof that a workload defines: something beside the result that is cheap to check and cannot be
 * had without the work.
 *
 * No workload has one yet but graphs, whose products are reported beside the outputs and go through
 * Freivalds' check; generation and training are to bring theirs.
 */
export type Witness = {
  readonly check: Check;
  /**
   * Null where the witness holds, else what is wrong with it. `random` is seeded after the report.
   *
   * Errors: what hinders the check itself; then nothing is judged.
   */
  verify(of: {
    readonly work: StageWork;
    readonly rows: RowRange;
    readonly output: TaskOutput;
    readonly random: RandomStream;
  }): Promise<Outcome<string | null>>;
};

export const WITNESS: Check = {
  name: 'witness',
  soundness: 'As the workload declares for its own; at best that of the check behind it.',
  cost: 'Moving the witness, and what its check costs.',
  tolerance: "As the workload's check declares.",
};

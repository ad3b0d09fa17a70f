import type { RowRange, Tensor } from '../../../src/domain/tensor.ts';
import type { TensorReader } from '../../../src/workloads/index.ts';
import { tensorRows } from '../../../src/workloads/row-slice.ts';
import { computeTask, type HonestDevice } from './honest-devices.ts';
import type { TrustJob } from './trust-jobs.ts';
import { countWrongInGraph, countWrongInModel } from './wrong-elements.ts';

/** What honest devices make of one stage, and how far from it anything else lies. */
export class StageTruth {
  readonly #job: TrustJob;
  readonly #read: TensorReader;
  readonly #reference: HonestDevice;
  readonly #made = new Map<HonestDevice, Promise<readonly Tensor[]>>();

  /** `reference` has the session that tells what is right of a model. */
  constructor(
    job: TrustJob,
    of: { readonly read: TensorReader; readonly reference: HonestDevice },
  ) {
    this.#job = job;
    this.#read = of.read;
    this.#reference = of.reference;
  }

  /** Some rows as a device computes them; all rows are computed at the first question. */
  async madeBy(device: HonestDevice, rows: RowRange): Promise<readonly Tensor[]> {
    const { work, rowCount } = this.#job.stage;
    const all = { work, rows: { start: 0, end: rowCount }, read: this.#read };
    const known = this.#made.get(device) ?? computeTask(device, all);
    this.#made.set(device, known);
    return (await known).map((tensor) => tensorRows(tensor, rows));
  }

  /**
   * Counts the numbers of a task's result that lie further from the truth than its operator allows.
   *
   * Operators by their references in f64, models by the reference device: nothing of what was
   * reported or checked is believed.
   */
  async countWrong(rows: RowRange, outputs: readonly Tensor[]): Promise<number> {
    const { work } = this.#job.stage;
    if (work.program.kind === 'graph') {
      return countWrongInGraph({ work, rows, outputs, read: this.#read });
    }
    return countWrongInModel(await this.madeBy(this.#reference, rows), outputs);
  }
}

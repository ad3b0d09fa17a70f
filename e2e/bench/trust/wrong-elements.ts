import { certain } from '../../network/client.ts';
import type { RowRange, Tensor } from '../../../src/domain/tensor.ts';
import type { StageWork } from '../../../src/domain/work.ts';
import { compareTensors, type Tolerance } from '../../../src/kernels/index.ts';
import { MODEL_TOLERANCE } from '../../../src/validation/index.ts';
import { tensorRows, type TensorReader } from '../../../src/workloads/row-slice.ts';
import { taskInputs } from '../../../src/workloads/index.ts';
import { recomputeGraph } from '../../../src/workloads/operators/recompute-graph.ts';

/** As many rows as share a tolerance in a check: it scales with the largest of them. */
const ROWS_AT_ONCE = 16;

type Task = {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly outputs: readonly Tensor[];
  readonly read: TensorReader;
};

/** Counts the numbers of a task of operators that lie beyond their tolerance of the references'. */
export async function countWrongInGraph(of: Task): Promise<number> {
  let wrong = 0;
  for (let start = of.rows.start; start < of.rows.end; start += ROWS_AT_ONCE) {
    wrong += await countWrongRows(of, { start, end: Math.min(of.rows.end, start + ROWS_AT_ONCE) });
  }
  return wrong;
}

/** Counts the numbers of a model's outputs that lie beyond the tolerance of `expected`. */
export function countWrongInModel(expected: readonly Tensor[], outputs: readonly Tensor[]): number {
  const { relative, scaled, floor } = MODEL_TOLERANCE;
  let wrong = 0;
  for (const [index, tensor] of expected.entries()) {
    const output = outputs[index];
    if (output === undefined) throw new Error(`there is no output ${index}`);
    for (let row = 0; row < (tensor.shape[0] ?? 0); row++) {
      const range = { start: row, end: row + 1 };
      const right = tensorRows(tensor, range);
      const absolute = floor + scaled * largest(right);
      const tolerance = { absolute, relative, overflows: false };
      wrong += differences({ expected: right, actual: tensorRows(output, range), tolerance });
    }
  }
  return wrong;
}

async function countWrongRows(of: Task, rows: RowRange): Promise<number> {
  const { work, outputs, read } = of;
  const { program } = work;
  if (program.kind !== 'graph') throw new Error('rows of models are counted elsewhere');
  const inputs = new Map<string, Tensor>();
  for (const { name, ref } of taskInputs(work, rows)) inputs.set(name, certain(await read(ref)));
  const expected = certain(await recomputeGraph({ work, program, rows, inputs }));
  const within = { start: rows.start - of.rows.start, end: rows.end - of.rows.start };
  let wrong = 0;
  for (const [index, { tensor, tolerance }] of expected.entries()) {
    const output = outputs[index];
    if (output === undefined) throw new Error(`there is no output ${index}`);
    wrong += differences({ expected: tensor, actual: tensorRows(output, within), tolerance });
  }
  return wrong;
}

/** Elements that differ by more than is allowed. */
function differences(of: { expected: Tensor; actual: Tensor; tolerance: Tolerance }): number {
  if (compareTensors(of).kind === 'equal') return 0;
  const { expected, actual, tolerance } = of;
  const left = numbersOf(expected);
  const right = numbersOf(actual);
  let count = 0;
  for (const [index, value] of left.entries()) {
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(value);
    const error = Math.abs((right[index] ?? NaN) - value);
    if (!(error <= allowed)) count++;
  }
  return Math.max(1, count);
}

function numbersOf({ dtype, bytes }: Tensor): Float32Array | Int32Array {
  const { buffer } = bytes.slice();
  return dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
}

function largest(row: Tensor): number {
  let most = 0;
  for (const value of numbersOf(row)) most = Math.max(most, Math.abs(value));
  return most;
}

import { assert } from '../domain/assert.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { RowRange, Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import type { Kernels, ModelSession } from '../kernels/index.ts';
import { MODEL_TOLERANCE } from '../validation/index.ts';
import { executeTask, type AbortLike } from './execute.ts';
import { firstDifferentRow } from './row-difference.ts';
import { taskInputs, type TensorReader } from './row-slice.ts';

/** Says where some values of an output are not what they must be; null where they pass. */
export type RowsJudge = (actual: Tensor) => string | null;

/**
 * Runs a model on some rows of its stage here, from their inputs alone: one judge for each output.
 *
 * Errors: what hinders the computation; it says nothing of any result.
 */
export async function expectRows(of: {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly read: TensorReader;
  /** Inputs that go whole, once they were read: for the next rows of the same task. */
  readonly wholes: Map<string, Tensor>;
  readonly session: ModelSession | null;
  readonly signal?: AbortLike | undefined;
}): Promise<Outcome<readonly RowsJudge[]>> {
  const { rows } = of;
  const read = await readInputs(of);
  if (!read.ok) return read;
  const inputs = read.value;
  const computed = await executeTask({ ...of, inputs, kernelsFor: noKernels });
  if (!computed.ok) return computed;
  const judges = computed.value.map((expected): RowsJudge => {
    return (actual) => {
      const found = firstDifferentRow({ expected, actual, tolerance: MODEL_TOLERANCE, times: 1 });
      if (found === null) return null;
      const element = `element ${found.element} of row ${rows.start + found.row}`;
      return `${element} is ${found.actual}, recomputed ${found.expected}`;
    };
  });
  return succeed(judges);
}

/** The inputs of some rows of a stage, those that go whole once for all. */
export async function readInputs(of: {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly read: TensorReader;
  /** As of `expectRows`. */
  readonly wholes: Map<string, Tensor>;
}): Promise<Outcome<ReadonlyMap<string, Tensor>>> {
  const inputs = new Map<string, Tensor>();
  for (const { name, cut, ref } of taskInputs(of.work, of.rows)) {
    const known = of.wholes.get(name);
    const tensor = known ? succeed(known) : await of.read(ref);
    if (!tensor.ok) return tensor;
    inputs.set(name, tensor.value);
    if (cut === 'whole') of.wholes.set(name, tensor.value);
  }
  return succeed(inputs);
}

function noKernels(): Kernels {
  assert(false, 'a model stage calls no operator');
}

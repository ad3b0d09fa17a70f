import { succeed, type Outcome } from '../domain/outcome.ts';
import type { RowRange, Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import type { RowBuffers } from './row-buffers.ts';
import { taskInputs, type TensorReader } from './row-slice.ts';

/** The inputs of some rows of a stage, those that go whole once for all. */
export async function readInputs(of: {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly read: TensorReader;
  /** Inputs that go whole, once they were read: for the next rows of the same stage. */
  readonly wholes: Map<string, Tensor>;
  /** For rows, where none are kept. */
  readonly buffers?: RowBuffers;
}): Promise<Outcome<ReadonlyMap<string, Tensor>>> {
  const inputs = new Map<string, Tensor>();
  for (const { name, cut, ref } of taskInputs(of.work, of.rows)) {
    const known = of.wholes.get(name);
    const into = cut === 'rows' ? of.buffers?.of(name) : undefined;
    const tensor = known ? succeed(known) : await of.read(ref, into);
    if (!tensor.ok) return tensor;
    inputs.set(name, tensor.value);
    if (cut === 'whole') of.wholes.set(name, tensor.value);
  }
  return succeed(inputs);
}

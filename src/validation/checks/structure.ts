import { failure } from '../../domain/failure.ts';
import { INLINE_TENSOR_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { tensorBytes, type RowRange, type TensorRef } from '../../domain/tensor.ts';
import type { StageOutput, StageWork, TaskOutput } from '../../domain/work.ts';
import type { Check } from '../check.ts';

export const STRUCTURE: Check = {
  name: 'structure',
  soundness: 'Proves number, types, shapes and sizes of the outputs; says nothing of values.',
  cost: 'Constant for each output; no tensor is read.',
  tolerance: 'None: shapes and types agree or do not.',
};

/**
 * Whether a result has the right number of tensors, and each its type, shape and size.
 *
 * An agent controls every field of `output`; nothing is read.
 * Errors: shape_mismatch, which names the output.
 */
export function checkStructure(of: {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly output: TaskOutput;
}): Outcome<void> {
  const { work, rows, output } = of;
  if (output.length !== work.outputs.length) {
    return mismatch(`${output.length} tensors instead of ${work.outputs.length}`);
  }
  // Made once a task, several times: nothing is made anew where all is well.
  for (let index = 0; index < output.length; index++) {
    const ref = output[index];
    const wanted = work.outputs[index];
    if (ref === undefined || wanted === undefined) return mismatch(`no tensor ${index}`);
    const wrong = difference(ref, wanted, rows.end - rows.start);
    if (wrong !== null) return mismatch(`"${wanted.name}" ${wrong}`);
  }
  return FITS;
}

const FITS = succeed(undefined);

function difference(ref: TensorRef, wanted: StageOutput, rowCount: number): string | null {
  if (ref.dtype !== wanted.dtype) return `is ${ref.dtype} instead of ${wanted.dtype}`;
  if (!hasShape(ref, wanted, rowCount)) {
    const shape = [rowCount, ...wanted.rowShape];
    return `has shape [${ref.shape.join(',')}] instead of [${shape.join(',')}]`;
  }
  const { source } = ref;
  if (source.kind === 'blob') {
    const natural = Number.isSafeInteger(source.byteOffset) && source.byteOffset >= 0;
    return natural ? null : `begins at byte ${source.byteOffset}`;
  }
  const size = tensorBytes(ref);
  if (source.bytes.byteLength !== size) {
    return `has ${source.bytes.byteLength} bytes instead of ${size}`;
  }
  return size <= INLINE_TENSOR_BYTES_MAX ? null : `has ${size} bytes inline: send it as a blob`;
}

function hasShape({ shape }: TensorRef, { rowShape }: StageOutput, rowCount: number): boolean {
  if (shape.length !== 1 + rowShape.length || shape[0] !== rowCount) return false;
  for (let axis = 0; axis < rowShape.length; axis++) {
    if (shape[axis + 1] !== rowShape[axis]) return false;
  }
  return true;
}

function mismatch(text: string): Outcome<never> {
  return fail(failure('shape_mismatch', `the result does not fit its task: ${text}`));
}

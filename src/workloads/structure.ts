import { failure } from '../domain/failure.ts';
import { INLINE_TENSOR_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type RowRange, type TensorRef } from '../domain/tensor.ts';
import type { StageOutput, StageWork, TaskOutput } from '../domain/work.ts';

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
  for (const [index, wanted] of work.outputs.entries()) {
    const ref = output[index];
    if (!ref) return mismatch(`no tensor for "${wanted.name}"`);
    const wrong = difference(ref, { wanted, rows });
    if (wrong !== null) return mismatch(`"${wanted.name}" ${wrong}`);
  }
  return succeed(undefined);
}

function difference(
  ref: TensorRef,
  { wanted, rows }: { wanted: StageOutput; rows: RowRange },
): string | null {
  const shape = [rows.end - rows.start, ...wanted.rowShape];
  if (ref.dtype !== wanted.dtype) return `is ${ref.dtype} instead of ${wanted.dtype}`;
  if (ref.shape.length !== shape.length || shape.some((size, axis) => size !== ref.shape[axis])) {
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

function mismatch(text: string): Outcome<never> {
  return fail(failure('shape_mismatch', `the result does not fit its task: ${text}`));
}

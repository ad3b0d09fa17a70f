import { assert } from '../domain/assert.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import { rowBytes, type RowRange, type Tensor, type TensorRef } from '../domain/tensor.ts';
import type { StageInput, StageWork } from '../domain/work.ts';

/** What a task must have here before it runs: slices of the stage's inputs, or whole ones. */
export type TaskInput = {
  readonly name: string;
  readonly ref: TensorRef;
  readonly cut: StageInput['cut'];
};

/**
 * Reads the bytes that a reference names; the only way in which this room gets at data.
 *
 * They are only to be read: others may hold them. They may be put into what `into` gives.
 */
export type TensorReader = (ref: TensorRef, into?: Scratch) => Promise<Outcome<Tensor>>;

/** What a task of these rows reads: each row-cut input narrowed to them, the others as they are. */
export function taskInputs(work: Pick<StageWork, 'inputs'>, rows: RowRange): readonly TaskInput[] {
  return work.inputs.map(({ name, tensor, cut }) => {
    return { name, cut, ref: cut === 'rows' ? sliceRows(tensor, rows) : tensor };
  });
}

/** A reference to some rows of what another references: the same bytes, nothing is read. */
export function sliceRows(ref: TensorRef, rows: RowRange): TensorRef {
  const { dtype, shape, source } = ref;
  const [rowCount] = shape;
  const within = rows.start >= 0 && rows.start <= rows.end && rows.end <= (rowCount ?? 0);
  assert(within, `rows ${rows.start} to ${rows.end} lie within ${rowCount}`);
  const size = rowBytes(ref);
  const start = rows.start * size;
  const end = rows.end * size;
  return {
    dtype,
    shape: [rows.end - rows.start, ...shape.slice(1)],
    source:
      source.kind === 'inline'
        ? { kind: 'inline', bytes: source.bytes.subarray(start, end) }
        : { ...source, byteOffset: source.byteOffset + start },
  };
}

/** Some rows of a tensor that is here, over the same bytes. */
export function tensorRows(tensor: Tensor, rows: RowRange): Tensor {
  const size = rowBytes(tensor);
  return {
    dtype: tensor.dtype,
    shape: [rows.end - rows.start, ...tensor.shape.slice(1)],
    bytes: tensor.bytes.subarray(rows.start * size, rows.end * size),
  };
}

import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  elementCount,
  rowBytes,
  tensorBytes,
  type DType,
  type Tensor,
} from '../../domain/tensor.ts';
import type { StageInput } from '../../domain/work.ts';
import type { ModelSession } from '../../kernels/index.ts';
import { Cast } from './cast.ts';

/** An input with the bytes of a task's rows, or of all of it. */
export type FeedInput = {
  readonly name: string;
  readonly cut: StageInput['cut'];
  readonly tensor: Tensor;
};

/** Puts a task's rows into a model, batch by batch: views where it can, one buffer for casts. */
export type ModelFeed = {
  /** The model takes one row at a time, without a dimension for rows. */
  readonly rowsAreWhole: boolean;
  /**
   * Runs `count` rows from `start`; where the batch is larger the last row is repeated to fill it.
   *
   * Errors: those of the session; input_invalid (values that a cast cannot keep).
   */
  run(part: {
    start: number;
    count: number;
    batch: number;
  }): Promise<Outcome<ReadonlyMap<string, Tensor>>>;
};

type RowInput = {
  readonly name: string;
  readonly tensor: Tensor;
  readonly dtype: DType;
  readonly rowSize: number;
  readonly rowShape: readonly number[];
  readonly hasBatch: boolean;
  readonly cast: Cast | null;
};

/**
 * Prepares a task's inputs for a model. `batchMax`: most rows of one run.
 *
 * Errors: shape_mismatch, input_invalid (a constant that a cast cannot keep).
 */
export function openFeed(of: {
  readonly session: ModelSession;
  readonly inputTypes: Readonly<Record<string, DType>>;
  readonly inputs: readonly FeedInput[];
  readonly batchMax: number;
}): Outcome<ModelFeed> {
  const feeds = new Map<string, Tensor>();
  const rowInputs: RowInput[] = [];
  for (const input of of.inputs) {
    const { name, tensor } = input;
    const rank = of.session.inputs.find((wanted) => wanted.name === name)?.shape.length;
    if (rank === undefined || tensor.bytes.byteLength !== tensorBytes(tensor)) {
      return mismatch(`input "${name}" is not one of the model, or has too few bytes`);
    }
    const dtype = Object.hasOwn(of.inputTypes, name)
      ? (of.inputTypes[name] ?? tensor.dtype)
      : tensor.dtype;
    if (input.cut === 'whole') {
      const constant = castWhole(tensor, dtype);
      if (!constant.ok) return constant;
      feeds.set(name, constant.value);
      continue;
    }
    const row = rowInput(input, { dtype, rank, batchMax: of.batchMax });
    if (!row.ok) return row;
    rowInputs.push(row.value);
  }
  const rowsAreWhole = rowInputs.every(({ hasBatch }) => !hasBatch);
  return succeed({
    rowsAreWhole,
    run: async (part) => {
      for (const input of rowInputs) {
        const fed = feedRows(input, part);
        if (!fed.ok) return fed;
        feeds.set(input.name, fed.value);
      }
      return of.session.run(feeds);
    },
  });
}

function rowInput(
  { name, tensor }: FeedInput,
  of: { dtype: DType; rank: number; batchMax: number },
): Outcome<RowInput> {
  const rowShape = tensor.shape.slice(1);
  const hasBatch = of.rank === tensor.shape.length;
  if (!hasBatch && of.rank !== rowShape.length) {
    return mismatch(`input "${name}" has rank ${tensor.shape.length}, the model takes ${of.rank}`);
  }
  const { dtype } = of;
  const elementsMax = of.batchMax * elementCount(rowShape);
  const cast =
    dtype === tensor.dtype ? null : new Cast({ from: tensor.dtype, to: dtype, elementsMax });
  return succeed({ name, tensor, dtype, rowSize: rowBytes(tensor), rowShape, hasBatch, cast });
}

function feedRows(
  input: RowInput,
  part: { start: number; count: number; batch: number },
): Outcome<Tensor> {
  const { dtype, rowShape, rowSize, cast } = input;
  const from = part.start * rowSize;
  const given = input.tensor.bytes.subarray(from, from + part.count * rowSize);
  const bytes = part.count < part.batch ? padded(given, { rowSize, batch: part.batch }) : given;
  const values = cast === null ? succeed(bytes) : cast.run(bytes);
  if (!values.ok) return values;
  const shape = input.hasBatch ? [part.batch, ...rowShape] : rowShape;
  return succeed({ dtype, shape, bytes: values.value });
}

/** Real rows fill a batch, because made-up values might be outside what the model can take. */
function padded(rows: Uint8Array, to: { rowSize: number; batch: number }): Uint8Array {
  const bytes = new Uint8Array(to.rowSize * to.batch);
  bytes.set(rows);
  const last = rows.subarray(rows.byteLength - to.rowSize);
  for (let at = rows.byteLength; at < bytes.byteLength; at += to.rowSize) bytes.set(last, at);
  return bytes;
}

function castWhole(tensor: Tensor, dtype: DType): Outcome<Tensor> {
  if (tensor.dtype === dtype) return succeed(tensor);
  const elementsMax = elementCount(tensor.shape);
  const cast = new Cast({ from: tensor.dtype, to: dtype, elementsMax }).run(tensor.bytes);
  return cast.ok ? succeed({ dtype, shape: tensor.shape, bytes: cast.value }) : cast;
}

function mismatch(text: string): Outcome<never> {
  return fail(failure('shape_mismatch', text));
}

import { failure } from '../../domain/failure.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { MODEL_BATCH_MAX, STAGE_TENSORS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { DType, TensorRef } from '../../domain/tensor.ts';
import type { NamedTensor, StageInput } from '../../domain/work.ts';
import type { ModelTensor } from '../../kernels/index.ts';
import { isCastable } from './cast.ts';

/** How a job's tensors go into a model's inputs. */
export type InputMatch = {
  readonly inputs: readonly StageInput[];
  readonly rowCount: number;
  readonly fixedBatch: number | null;
  /** Only inputs whose type differs from the data's. */
  readonly inputTypes: Readonly<Record<string, DType>>;
};

/** How many rows of data a model's input takes at once. */
type Batch =
  /** A fixed number: dimension 0 of the input. */
  | { readonly kind: 'fixed'; readonly rows: number }
  | { readonly kind: 'any' }
  /** The input has no dimension for rows: it takes one row, as it is. */
  | { readonly kind: 'row' };

/**
 * Matches a job's inputs and constants with a model's inputs, by name, type and shape.
 *
 * Errors: input_invalid (names, no rows), shape_mismatch (types, shapes, row counts),
 * limit_exceeded.
 */
export function matchInputs(
  spec: InferenceSpec,
  modelInputs: readonly ModelTensor[],
): Outcome<InputMatch> {
  const named = namesMatch(spec, modelInputs);
  if (!named.ok) return named;
  const wanted = new Map(modelInputs.map((input) => [input.name, input]));
  const inputTypes: [string, DType][] = [];
  const batches: Batch[] = [];
  for (const { name, tensor } of [...spec.inputs, ...spec.constants]) {
    const input = wanted.get(name);
    if (!input || input.dtype === tensor.dtype) continue;
    if (!isCastable({ from: tensor.dtype, to: input.dtype })) {
      const text = `input "${name}" is ${tensor.dtype}, the model takes ${input.dtype}`;
      return mismatch(`${text}: convert the data`);
    }
    inputTypes.push([name, input.dtype]);
  }
  for (const { name, tensor } of spec.inputs) {
    const batch = batchOf(tensor, wanted.get(name)?.shape ?? []);
    if (batch === null) return mismatch(shapesDiffer({ name, tensor }, wanted.get(name)));
    batches.push(batch);
  }
  for (const { name, tensor } of spec.constants) {
    const shape = wanted.get(name)?.shape ?? [];
    if (!agrees(tensor.shape, shape)) {
      return mismatch(shapesDiffer({ name, tensor }, wanted.get(name)));
    }
  }
  const rowCount = rowCountOf(spec.inputs);
  if (!rowCount.ok) return rowCount;
  const fixedBatch = fixedBatchOf(batches);
  if (!fixedBatch.ok) return fixedBatch;
  return succeed({
    inputs: [
      ...spec.inputs.map((input) => ({ ...input, cut: 'rows' as const })),
      ...spec.constants.map((input) => ({ ...input, cut: 'whole' as const })),
    ],
    rowCount: rowCount.value,
    fixedBatch: fixedBatch.value,
    inputTypes: Object.fromEntries(inputTypes),
  });
}

function namesMatch(spec: InferenceSpec, modelInputs: readonly ModelTensor[]): Outcome<void> {
  const names = [...spec.inputs, ...spec.constants].map(({ name }) => name);
  const wanted = modelInputs.map(({ name }) => name);
  const list = wanted.map((name) => `"${name}"`).join(', ');
  if (names.length > STAGE_TENSORS_MAX) {
    const text = `a job has at most ${STAGE_TENSORS_MAX} inputs, not ${names.length}`;
    return fail(failure('limit_exceeded', text));
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return invalid(`input "${twice}" is given twice: give it once`);
  const unknown = names.find((name) => !wanted.includes(name));
  if (unknown !== undefined) return invalid(`the model has no input "${unknown}": it has ${list}`);
  const missing = wanted.find((name) => !names.includes(name));
  if (missing !== undefined) return invalid(`the model's input "${missing}" is missing: give it`);
  if (spec.inputs.length === 0) return invalid('no input has rows: give one that is not constant');
  return succeed(undefined);
}

/** How an input takes these rows; null where their shape is not the model's. */
function batchOf(tensor: TensorRef, wanted: ModelTensor['shape']): Batch | null {
  const rowShape = tensor.shape.slice(1);
  if (tensor.shape.length === 0) return null;
  if (wanted.length === rowShape.length && agrees(rowShape, wanted)) return { kind: 'row' };
  if (wanted.length !== tensor.shape.length || !agrees(rowShape, wanted.slice(1))) return null;
  const rows = wanted[0] ?? null;
  return rows === null ? { kind: 'any' } : { kind: 'fixed', rows };
}

function agrees(shape: readonly number[], wanted: ModelTensor['shape']): boolean {
  if (shape.length !== wanted.length) return false;
  return shape.every((size, axis) => size === wanted[axis] || wanted[axis] === null);
}

function rowCountOf(inputs: readonly NamedTensor[]): Outcome<number> {
  const [first, ...others] = inputs.map(({ name, tensor }) => ({
    name,
    rows: tensor.shape[0] ?? 0,
  }));
  if (!first || first.rows === 0) return invalid(`input "${first?.name}" has no rows: give some`);
  const other = others.find(({ rows }) => rows !== first.rows);
  if (!other) return succeed(first.rows);
  const counts = `"${first.name}" has ${first.rows} rows, "${other.name}" ${other.rows}`;
  return mismatch(`${counts}: row i of all inputs belong together`);
}

function fixedBatchOf(batches: readonly Batch[]): Outcome<number | null> {
  const fixed = new Set<number>();
  for (const batch of batches) {
    if (batch.kind === 'fixed') fixed.add(batch.rows);
    if (batch.kind === 'row') fixed.add(1);
  }
  const [rows, ...others] = fixed;
  if (rows !== undefined && rows > MODEL_BATCH_MAX) {
    const text = `the model takes ${rows} rows at once: export it for at most ${MODEL_BATCH_MAX}`;
    return fail(failure('limit_exceeded', text));
  }
  if (others.length === 0) return succeed(rows ?? null);
  const sizes = [...fixed].join(' and ');
  return mismatch(`the model's inputs take ${sizes} rows at once: export it with one batch size`);
}

function shapesDiffer({ name, tensor }: NamedTensor, input: ModelTensor | undefined): string {
  const wanted = (input?.shape ?? []).map((size) => size ?? 'any').join(',');
  const given = tensor.shape.join(',');
  return `input "${name}" has shape [${given}], the model takes [${wanted}]: reshape the data`;
}

function invalid(text: string): Outcome<never> {
  return fail(failure('input_invalid', text));
}

function mismatch(text: string): Outcome<never> {
  return fail(failure('shape_mismatch', text));
}

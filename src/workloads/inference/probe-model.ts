import { failure } from '../../domain/failure.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { StageOutput } from '../../domain/work.ts';
import type { ModelSession } from '../../kernels/index.ts';
import { MODEL_TOLERANCE } from '../../validation/index.ts';
import { firstDifferentRow } from '../row-difference.ts';
import { taskInputs, tensorRows, type TensorReader } from '../row-slice.ts';
import { matchInputs, type InputMatch } from './match-inputs.ts';
import type { ModelFacts } from './model-facts.ts';
import { openFeed, type FeedInput, type ModelFeed } from './model-feed.ts';

/** Runs that are timed; the quickest counts. Count. */
const TIMED_RUNS = 3;
/** A run that takes longer is not repeated: first-run costs are small beside it. Milliseconds. */
const LONG_RUN_MS = 200;

/**
 * Runs a job's first rows through its model, and so learns what a plan needs: the shape of each
 * output's row, the time that a row takes, and that rows do not depend on one another.
 *
 * `nowMs` is a clock that only moves forward.
 * Errors: those of `matchInputs`, `read` and the session; shape_mismatch (an output that cannot
 * be cut by rows), input_invalid (rows that depend on one another).
 */
export async function probeModel(of: {
  readonly spec: InferenceSpec;
  readonly session: ModelSession;
  readonly read: TensorReader;
  readonly nowMs: () => number;
}): Promise<Outcome<ModelFacts>> {
  const { spec, session } = of;
  const match = matchInputs(spec, session.inputs);
  if (!match.ok) return match;
  const { rowCount, fixedBatch } = match.value;
  const batch = fixedBatch ?? Math.min(2, rowCount);
  const count = Math.min(batch, rowCount);
  const inputs = await firstRows(of, { match: match.value, count });
  if (!inputs.ok) return inputs;
  const { inputTypes } = match.value;
  const opened = openFeed({ session, inputTypes, inputs: inputs.value, batchMax: batch });
  if (!opened.ok) return opened;
  const feed = opened.value;
  const together = await feed.run({ start: 0, count, batch });
  if (!together.ok) return together;
  const rowOutputs = rowOutputsOf(of, { results: together.value, feed, batch });
  if (!rowOutputs.ok) return rowOutputs;
  // The first row in the smallest run that the model takes: alone, or repeated to fill a batch.
  const smallest = { start: 0, count: 1, batch: fixedBatch ?? 1 };
  let quickestMs = Infinity;
  for (let run = 0; run < TIMED_RUNS; run++) {
    const startedMs = of.nowMs();
    const alone = await feed.run(smallest);
    quickestMs = Math.min(quickestMs, of.nowMs() - startedMs);
    if (!alone.ok) return alone;
    const rows = [together.value, alone.value] as const;
    const rowsDiffer = feed.rowsAreWhole ? null : firstRowDiffers(rowOutputs.value, rows);
    if (rowsDiffer !== null) return rowsDiffer;
    if (quickestMs > LONG_RUN_MS) break;
  }
  const msPerRow = quickestMs / smallest.batch;
  return succeed({ inputs: session.inputs, rowOutputs: rowOutputs.value, msPerRow });
}

async function firstRows(
  { read }: { read: TensorReader },
  of: { match: InputMatch; count: number },
): Promise<Outcome<readonly FeedInput[]>> {
  const inputs: FeedInput[] = [];
  const rows = { start: 0, end: of.count };
  for (const { name, cut, ref } of taskInputs(of.match, rows)) {
    const tensor = await read(ref);
    if (!tensor.ok) return tensor;
    inputs.push({ name, cut, tensor: tensor.value });
  }
  return succeed(inputs);
}

/** Only of the outputs wanted: the others need not be cut. */
function rowOutputsOf(
  { session, spec }: { session: ModelSession; spec: InferenceSpec },
  run: { results: ReadonlyMap<string, Tensor>; feed: ModelFeed; batch: number },
): Outcome<readonly StageOutput[]> {
  const outputs: StageOutput[] = [];
  for (const { name } of session.outputs) {
    if (spec.outputs.length > 0 && !spec.outputs.includes(name)) continue;
    const result = run.results.get(name);
    if (!result) return fail(failure('execution_failed', `the model gave no output "${name}"`));
    const { dtype, shape } = result;
    if (run.feed.rowsAreWhole) {
      outputs.push({ name, dtype, rowShape: shape });
      continue;
    }
    if (shape[0] !== run.batch) {
      const text = `output "${name}" has shape [${shape.join(',')}] for ${run.batch} rows`;
      const remedy = 'it cannot be cut by rows; ask for the other outputs by name';
      return fail(failure('shape_mismatch', `${text}: ${remedy}`));
    }
    outputs.push({ name, dtype, rowShape: shape.slice(1) });
  }
  return succeed(outputs);
}

/** Why the rows depend on one another; null where the first is the same in both runs. */
function firstRowDiffers(
  outputs: readonly StageOutput[],
  [together, alone]: readonly [ReadonlyMap<string, Tensor>, ReadonlyMap<string, Tensor>],
): Outcome<never> | null {
  for (const { name, dtype, rowShape } of outputs) {
    const [expected, actual] = [alone.get(name), together.get(name)];
    const first = { start: 0, end: 1 };
    const different =
      !expected ||
      !actual ||
      expected.dtype !== dtype ||
      expected.shape.slice(1).join() !== rowShape.join() ||
      firstDifferentRow({
        expected: tensorRows(expected, first),
        actual: tensorRows(actual, first),
        tolerance: MODEL_TOLERANCE,
        times: 2,
      }) !== null;
    if (!different) continue;
    const text = `row 0 of output "${name}" changes with the rows beside it`;
    const remedy = 'export the model for inference, so that each row is computed by itself';
    return fail(failure('input_invalid', `${text}: ${remedy}`));
  }
  return null;
}

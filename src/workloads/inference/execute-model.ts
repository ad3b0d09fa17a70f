import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementBytes, elementCount, rowBytes, type Tensor } from '../../domain/tensor.ts';
import type { Program } from '../../domain/work.ts';
import type { ModelSession } from '../../kernels/index.ts';
import type { TaskRun } from '../execute.ts';
import { openOutputs } from '../output-rows.ts';
import type { StageTypes } from '../stage-memory.ts';
import { openFeed, type FeedInput } from './model-feed.ts';

/** A model without a batch size of its own gets at most this many rows at once. Count. */
const RUN_ROWS_MAX = 256;
/** Rows in and out of one run, of a model without a batch size of its own. Bytes. */
const RUN_BYTES_MAX = 16 * 1024 * 1024;
/** Parts that a task that may be stopped is run in at least where its rows allow, to hear of it soon. */
const RUNS_WANTED = 8;

/**
 * Runs a model over a task's rows: one by one, in its fixed batches, or in parts of any size.
 *
 * Errors: canceled, shape_mismatch, input_invalid, out_of_memory, and those of the session.
 */
export async function executeModel(
  run: TaskRun & {
    readonly program: Extract<Program, { kind: 'model' }>;
    readonly session: ModelSession;
  },
): Promise<Outcome<readonly Tensor[]>> {
  const { work, program, session } = run;
  const rowCount = run.rows.end - run.rows.start;
  const inputs = work.inputs.flatMap(({ name, cut }): FeedInput[] => {
    const tensor = run.inputs.get(name);
    return tensor ? [{ name, cut, tensor }] : [];
  });
  const short = inputs.find(({ cut, tensor }) => cut === 'rows' && tensor.shape[0] !== rowCount);
  if (short) {
    return fail(failure('shape_mismatch', `input "${short.name}" has not ${rowCount} rows`));
  }
  const step = program.fixedBatch ?? rowsPerRun(run);
  const feed = openFeed({ session, inputTypes: program.inputTypes, inputs, batchMax: step });
  if (!feed.ok) return feed;
  const outputs = openOutputs(work.outputs, rowCount);
  if (!outputs.ok) return outputs;
  for (let start = 0; start < rowCount; start += step) {
    if (run.signal?.aborted === true) return fail(failure('canceled', 'the task was stopped'));
    const count = Math.min(step, rowCount - start);
    const batch = program.fixedBatch ?? count;
    const results = await feed.value.run({ start, count, batch });
    if (!results.ok) return results;
    for (const rows of outputs.value) {
      const { name, rowShape } = rows.output;
      const result = results.value.get(name);
      if (!result) return fail(failure('input_invalid', `the model has no output "${name}"`));
      const shape = feed.value.rowsAreWhole ? rowShape : [batch, ...rowShape];
      const put = rows.put(result, { start, count, shape });
      if (!put.ok) return put;
    }
    await run.onRowsDone?.(start + count);
  }
  return succeed(outputs.value.map((rows) => rows.tensor()));
}

/** Rows of one run at most, of a model without a batch size of its own. */
export function rowsPerRunMax(of: Pick<StageTypes, 'inputs' | 'outputs'>): number {
  let bytes = 1;
  for (const { cut, tensor } of of.inputs) bytes += cut === 'rows' ? rowBytes(tensor) : 0;
  for (const { dtype, rowShape } of of.outputs)
    bytes += elementBytes(dtype) * elementCount(rowShape);
  return Math.max(1, Math.min(RUN_ROWS_MAX, Math.floor(RUN_BYTES_MAX / bytes)));
}

function rowsPerRun({ work, rows, signal }: TaskRun): number {
  const rowCount = rows.end - rows.start;
  const few = signal === undefined ? rowCount : Math.ceil(rowCount / RUNS_WANTED);
  return Math.max(1, Math.min(few, rowsPerRunMax(work)));
}

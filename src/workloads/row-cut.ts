import { failure } from '../domain/failure.ts';
import { STAGE_TASKS_MAX, TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { RowCut } from '../domain/work.ts';

/** A task shorter than this costs more to hand out than to compute. Milliseconds. */
const TASK_WORTH_MS = 10;

export type StageSize = {
  readonly rowCount: number;
  /** What the producer wants; null: fitted to each device. */
  readonly rowsPerTask: number | null;
  /** Estimate for one row on one lane of a modest device. */
  readonly msPerRow: number;
  readonly inputBytesPerRow: number;
  readonly outputBytesPerRow: number;
  /** Rows that a program takes at once: tasks are cut between such batches. */
  readonly batch: number;
};

/**
 * How a stage may be cut: as its producer wants, or into multiples of a grain, the smallest task.
 *
 * How many of them a task gets is decided when it is leased, by the speed of the device.
 * Limits: a task's output and its own rows of input <= TASK_OUTPUT_BYTES_MAX, a stage's tasks <=
 * STAGE_TASKS_MAX. Errors: limit_exceeded.
 */
export function cutRows(size: StageSize): Outcome<RowCut> {
  const { rowCount } = size;
  const outputRows = rowsWithin(size.outputBytesPerRow);
  if (outputRows < 1) {
    const bytes = `${size.outputBytesPerRow} bytes, above ${TASK_OUTPUT_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `one row of output has ${bytes}: make rows smaller`));
  }
  const fewest = Math.ceil(rowCount / STAGE_TASKS_MAX);
  if (size.rowsPerTask !== null) {
    const rowsPerTask = Math.min(size.rowsPerTask, rowCount);
    const allowed = checkRows(rowsPerTask, { fewest, outputRows });
    return allowed.ok ? succeed({ kind: 'fixed', rowsPerTask }) : allowed;
  }
  const most = Math.min(rowCount, outputRows, Math.max(1, rowsWithin(size.inputBytesPerRow)));
  const grainRows = grainOf(size, { fewest, most });
  const allowed = checkRows(grainRows, { fewest, outputRows });
  if (!allowed.ok) return allowed;
  const rowsMax = Math.max(1, Math.floor(most / grainRows)) * grainRows;
  return succeed({ kind: 'fitted', grainRows, rowsMax });
}

function grainOf(size: StageSize, { fewest, most }: { fewest: number; most: number }): number {
  const { msPerRow, batch } = size;
  const worth = Math.ceil(TASK_WORTH_MS / msPerRow);
  const rows = Math.min(most, Math.max(fewest, worth));
  const batches = Math.ceil(rows / batch) * batch;
  if (batches <= most) return batches;
  return Math.floor(most / batch) * batch || Math.min(batch, most);
}

function checkRows(rows: number, bound: { fewest: number; outputRows: number }): Outcome<void> {
  if (rows >= bound.fewest && rows <= bound.outputRows) return succeed(undefined);
  const allowed = `between ${bound.fewest} and ${bound.outputRows}`;
  const text = `${rows} rows a task: the sizes of this job allow ${allowed}; choose among those`;
  return fail(failure('limit_exceeded', text));
}

function rowsWithin(bytesPerRow: number): number {
  return Math.floor(TASK_OUTPUT_BYTES_MAX / Math.max(1, bytesPerRow));
}

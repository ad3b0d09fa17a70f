import { failure } from '../domain/failure.ts';
import { STAGE_TASKS_MAX, TASK_OUTPUT_BYTES_MAX, TASK_TARGET_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** Tasks that a stage is cut into where its rows allow, so that many can share it. Count. */
const TASKS_WANTED = 32;
/** A task shorter than this costs more to hand out than to compute. Milliseconds. */
const TASK_WORTH_MS = 10;

export type StageSize = {
  readonly rowCount: number;
  /** What the producer wants; null: fitted here. */
  readonly rowsPerTask: number | null;
  /** Estimate for one row on one lane of a modest device. */
  readonly msPerRow: number;
  readonly inputBytesPerRow: number;
  readonly outputBytesPerRow: number;
  /** Rows that a program takes at once: tasks are cut between such batches. */
  readonly batch: number;
};

/**
 * Rows of one task: about TASK_TARGET_MS of work, but small enough that a stage has tasks to share.
 *
 * Limits: a task's output and its own rows of input <= TASK_OUTPUT_BYTES_MAX, a stage's tasks <=
 * STAGE_TASKS_MAX. Errors: limit_exceeded.
 */
export function fitRowsPerTask(size: StageSize): Outcome<number> {
  const { rowCount, msPerRow } = size;
  const outputRows = rowsWithin(size.outputBytesPerRow);
  if (outputRows < 1) {
    const bytes = `${size.outputBytesPerRow} bytes, above ${TASK_OUTPUT_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `one row of output has ${bytes}: make rows smaller`));
  }
  const fewest = Math.ceil(rowCount / STAGE_TASKS_MAX);
  if (size.rowsPerTask !== null) {
    return chosen(Math.min(size.rowsPerTask, rowCount), { fewest, outputRows });
  }
  const worth = Math.ceil(TASK_WORTH_MS / msPerRow);
  const shared = Math.max(Math.ceil(rowCount / TASKS_WANTED), worth);
  const targeted = Math.floor(TASK_TARGET_MS / msPerRow);
  const most = Math.min(rowCount, outputRows, Math.max(1, rowsWithin(size.inputBytesPerRow)));
  const fitted = Math.min(Math.max(1, fewest, Math.min(shared, targeted)), most);
  const batches = Math.floor(fitted / size.batch) * size.batch;
  return chosen(batches > 0 ? batches : Math.min(size.batch, most), { fewest, outputRows });
}

function chosen(rows: number, bound: { fewest: number; outputRows: number }): Outcome<number> {
  if (rows >= bound.fewest && rows <= bound.outputRows) return succeed(rows);
  const allowed = `between ${bound.fewest} and ${bound.outputRows}`;
  const text = `${rows} rows a task: the sizes of this job allow ${allowed}; choose among those`;
  return fail(failure('limit_exceeded', text));
}

function rowsWithin(bytesPerRow: number): number {
  return Math.floor(TASK_OUTPUT_BYTES_MAX / Math.max(1, bytesPerRow));
}

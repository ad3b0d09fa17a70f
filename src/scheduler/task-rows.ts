import type { RowRange } from '../domain/tensor.ts';
import type { Job, SchedulerState } from './state.ts';
import { JOB, ROWS, START } from './task-table.ts';

/** How many rows a task has. */
export function rowsOf(state: SchedulerState, task: number): number {
  return state.tasks.records.int(task, ROWS);
}

/** Which rows a task has. */
export function rangeOf(state: SchedulerState, task: number): RowRange {
  const start = state.tasks.records.float(task, START);
  return { start, end: start + state.tasks.records.int(task, ROWS) };
}

/** The job of an open task; it may have ended, and the task then only waits to be cleared away. */
export function jobOf(state: SchedulerState, task: number): Job {
  const job = state.jobSlots[state.tasks.records.int(task, JOB)];
  if (job === undefined || job === null) throw new Error('broken invariant: a task has a job');
  return job;
}

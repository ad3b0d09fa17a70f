import { CLAIM_TASKS_MAX, CLAIMS_PER_STAGE, TASK_TARGET_MS } from '../../domain/limits.ts';
import type { StagePlan } from '../../scheduler/index.ts';

/**
 * How many rows the claims of a stage have: few enough claims to be booked one by one, and enough
 * of them that several orchestrators stay busy to the end. A multiple of a task's rows.
 */
export function claimRows(stage: {
  readonly rowCount: number;
  /** Of one task: as the producer wants it, or as fits a modest device. */
  readonly taskRows: number;
}): number {
  const { rowCount, taskRows } = stage;
  const tasks = Math.ceil(rowCount / CLAIMS_PER_STAGE / taskRows);
  return taskRows * Math.min(CLAIM_TASKS_MAX, Math.max(1, tasks));
}

/** How many tasks a claim of a stage is, for a modest device. */
export function tasksOfClaim(stage: StagePlan): number {
  const taskRows = modestRows(stage);
  return claimRows({ rowCount: stage.rowCount, taskRows }) / taskRows;
}

/** Rows of one task for a modest device; whole grains. */
export function modestRows({ cut, msPerRow }: StagePlan): number {
  if (cut.kind === 'fixed') return cut.rowsPerTask;
  const { grainRows, rowsMax } = cut;
  const rows = Math.min(rowsMax, Math.max(1, Math.floor(TASK_TARGET_MS / msPerRow)));
  return Math.max(1, Math.floor(rows / grainRows)) * grainRows;
}

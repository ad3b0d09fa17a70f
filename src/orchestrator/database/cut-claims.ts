import { CLAIM_TASKS_MAX, CLAIMS_PER_STAGE } from '../../domain/limits.ts';

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

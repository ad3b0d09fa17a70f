import { parseJobId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';

const id = parseJobId(`job_${'0'.repeat(26)}`);
if (!id.ok) throw new Error(id.failure.message);

/** A job at work, a quarter of it done. */
export const RUNNING_JOB: JobView = {
  job: id.value,
  name: 'digits',
  workload: 'inference',
  state: 'running',
  submittedAtMs: 1000,
  endedAtMs: null,
  stage: 0,
  stageCount: 1,
  taskCount: 20,
  tasksAccepted: 5,
  tasksLeased: 2,
  tasksChecking: 1,
  rowCount: 10_000,
  rowsAccepted: 2500,
  rowsSampled: 0,
  rowsAgreed: 0,
  checks: [],
  contributorCount: 2,
  failure: null,
};

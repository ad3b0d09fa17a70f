import { checkNamesIn } from '../domain/checking.ts';
import type { JobView } from '../domain/job.ts';
import type { JobEnd } from './effect.ts';
import type { Job } from './state.ts';

/** A job as others see it, at work or at its end. Tasks not cut yet are counted as expected. */
export function viewOfJob(
  job: Job,
  ended: { readonly end: JobEnd; readonly atMs: number } | null,
): JobView {
  const { stage } = job;
  return {
    job: job.id,
    name: job.name,
    workload: job.workload,
    state: ended?.end.kind ?? (job.running ? 'running' : 'queued'),
    submittedAtMs: job.submittedAtMs,
    endedAtMs: ended?.atMs ?? null,
    stage: stage.plan.stage,
    stageCount: job.stageCount,
    taskCount: stage.tasksAccepted + job.tasks.size + stage.freshTasks,
    tasksAccepted: stage.tasksAccepted,
    tasksLeased: stage.leasesOut,
    tasksChecking: stage.resultsUnjudged,
    rowCount: stage.plan.rowCount,
    rowsAccepted: stage.rowsAccepted,
    rowsSampled: stage.rowsSampled,
    rowsAgreed: stage.rowsAgreed,
    checks: checkNamesIn(stage.checksPassed ?? 0),
    contributorCount: job.contributors.size,
    failure: ended?.end.kind === 'failed' ? ended.end.failure : null,
  };
}

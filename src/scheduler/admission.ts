import { failure } from '../domain/failure.ts';
import { AGENTS_MAX, OPEN_JOBS_MAX, STAGE_TASKS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { StagePlan } from './event.ts';
import { taskCountOf } from './job-course.ts';
import type { SchedulerState } from './state.ts';

const RETRY_AFTER_MS = 5_000;

/**
 * Whether there is room for a job that begins with this stage; asked before it is logged.
 *
 * Errors: "queue_full" (OPEN_JOBS_MAX) | "limit_exceeded" (STAGE_TASKS_MAX).
 */
export function admitJob(state: SchedulerState, plan: StagePlan): Outcome<void> {
  if (state.jobs.size >= OPEN_JOBS_MAX) {
    const message = `${OPEN_JOBS_MAX} jobs are open already; submit again when one has ended`;
    return fail(failure('queue_full', message, RETRY_AFTER_MS));
  }
  const taskCount = taskCountOf(plan);
  if (taskCount > STAGE_TASKS_MAX) {
    const message = `${taskCount} tasks are more than ${STAGE_TASKS_MAX}; give each more rows`;
    return fail(failure('limit_exceeded', message));
  }
  return succeed(undefined);
}

/** Whether there is room for one more agent. Errors: "queue_full" (AGENTS_MAX). */
export function admitAgent(state: SchedulerState): Outcome<void> {
  if (state.sessions.size < AGENTS_MAX) return succeed(undefined);
  const message = `${AGENTS_MAX} agents are here already; join again later`;
  return fail(failure('queue_full', message, RETRY_AFTER_MS));
}

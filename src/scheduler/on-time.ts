import {
  AGENT_SILENT_MS,
  ENDS_PER_TICK_MAX,
  LEASE_MS,
  SECOND_OPINION_MS,
} from '../domain/limits.ts';
import { DEADLINE_AT } from './lease-table.ts';
import { agentOfLease } from './leases.ts';
import { stageFinished } from './job-course.ts';
import { endLateJobs } from './on-job-events.ts';
import type { Step } from './outbox.ts';
import { endSession, noteSeen } from './presence.ts';
import { endQuarantine } from './quarantine.ts';
import { NONE } from './slot-list.ts';
import type { Job } from './state.ts';
import { checkRequest, endSecondOpinion, returnLease } from './task-course.ts';
import { CHECK, NO_CHECK, OPINION_SINCE } from './task-table.ts';

/**
 * Ends what is due, ENDS_PER_TICK_MAX of each kind; changes nothing where nothing is.
 *
 * Where more is due, `nextDueAtMs` says so, and the next tick ends it.
 */
export function onTick(step: Step): void {
  expireLeases(step);
  endSilentSessions(step);
  endSecondOpinions(step);
  endRetryPauses(step);
  endQuarantines(step);
  endLateJobs(step);
}

/**
 * Gives sessions and leases their full time again, since nobody could be heard meanwhile, and asks
 * again for what the shell may have forgotten.
 */
export function onRestarted(step: Step): void {
  const { state, atMs } = step;
  for (const agent of state.sessions.values()) noteSeen(step, agent);
  const { leases } = state;
  for (const lease of leases.byTime.of(leases.deadlines)) {
    leases.records.setFloat(lease, DEADLINE_AT, atMs + LEASE_MS);
  }
  for (const job of state.jobs.values()) askAgain(step, job);
}

function askAgain({ state, outbox }: Step, job: Job): void {
  if (job.stage.finished) outbox.put(stageFinished(job));
  for (const task of state.tasks.ofJob.of(job.tasks)) {
    const isChecked = state.tasks.records.int(task, CHECK) !== NO_CHECK;
    if (isChecked) outbox.check(checkRequest(state, task));
  }
}

function expireLeases(step: Step): void {
  const { state, atMs } = step;
  const { deadlines, records } = state.leases;
  const message = `no heartbeat renewed the lease for ${LEASE_MS} ms`;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const lease = deadlines.first;
    if (lease === NONE || records.float(lease, DEADLINE_AT) > atMs) return;
    const { id: agent } = agentOfLease(state, lease);
    const tried = { agent, code: 'lease_expired', message, kind: 'lost' } as const;
    returnLease(step, lease, { tried, answered: false });
  }
}

function endSilentSessions(step: Step): void {
  const { silenceDeadlines } = step.state;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const agent = silenceDeadlines.first?.item;
    const lastSeenAtMs = agent?.presence?.lastSeenAtMs ?? Infinity;
    if (agent === undefined || lastSeenAtMs + AGENT_SILENT_MS > step.atMs) return;
    endSession(step, agent, 'silent');
  }
}

function endSecondOpinions(step: Step): void {
  const { state, atMs } = step;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const task = state.secondOpinions.first;
    if (task === NONE) return;
    if (state.tasks.records.float(task, OPINION_SINCE) + SECOND_OPINION_MS > atMs) return;
    endSecondOpinion(step, task);
  }
}

/** Tells agents that were refused for a pause's sake. */
function endRetryPauses(step: Step): void {
  const { retries } = step.state;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const retry = retries.first;
    if (retry === null || retry.atMs > step.atMs) return;
    retries.remove(retry);
    step.outbox.workAvailable();
  }
}

function endQuarantines(step: Step): void {
  const { quarantineEnds } = step.state;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const agent = quarantineEnds.first;
    if (agent === null || (agent.quarantine?.untilMs ?? 0) > step.atMs) return;
    quarantineEnds.remove(agent);
    endQuarantine(step, agent);
  }
}

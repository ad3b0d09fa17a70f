import { AGENT_SILENT_MS, LEASE_MS, RETRY_PAUSE_MS } from '../domain/limits.ts';
import { renewLease } from './leases.ts';
import { stageFinished } from './job-course.ts';
import type { Step } from './outbox.ts';
import { endSession, noteSeen } from './presence.ts';
import { endQuarantine } from './quarantine.ts';
import type { Job } from './state.ts';
import { checkRequest, endSecondOpinion, returnLease } from './task-course.ts';

/** Ends whatever is due; changes nothing, and has no effect, where nothing is. */
export function onTick(step: Step): void {
  expireLeases(step);
  endSilentSessions(step);
  endSecondOpinions(step);
  endRetryPauses(step);
  endQuarantines(step);
}

/**
 * Gives sessions and leases their full time again, since nobody could be heard meanwhile, and asks
 * again for what the shell may have forgotten.
 */
export function onRestarted(step: Step): void {
  const { state } = step;
  for (const agent of state.sessions.values()) noteSeen(step, agent);
  for (const lease of state.leases.values()) renewLease(step, lease);
  for (const job of state.jobs.values()) askAgain(step, job);
}

function askAgain(step: Step, job: Job): void {
  if (job.stage.finished) step.outbox.put(stageFinished(step.state, job));
  for (const task of job.stage.tasks.values()) {
    if (task.check !== null) step.outbox.put(checkRequest(task, task.check));
  }
}

function expireLeases(step: Step): void {
  const { leaseDeadlines } = step.state;
  const message = `no heartbeat renewed the lease for ${LEASE_MS} ms`;
  for (let link = leaseDeadlines.first; link !== null; link = leaseDeadlines.first) {
    if (link.item.deadlineAtMs > step.atMs) return;
    const { id: agent } = link.item.agent;
    returnLease(step, link.item, { agent, code: 'lease_expired', message, lost: true });
  }
}

function endSilentSessions(step: Step): void {
  const { silenceDeadlines } = step.state;
  for (let link = silenceDeadlines.first; link !== null; link = silenceDeadlines.first) {
    const lastSeenAtMs = link.item.presence?.lastSeenAtMs ?? 0;
    if (lastSeenAtMs + AGENT_SILENT_MS > step.atMs) return;
    endSession(step, link.item, 'silent');
  }
}

function endSecondOpinions(step: Step): void {
  const { secondOpinionDeadlines: waits } = step.state;
  for (let link = waits.first; link !== null; link = waits.first) {
    if (link.item.secondOpinionUntilMs > step.atMs) return;
    endSecondOpinion(step, link.item);
  }
}

/** Tells agents that were refused for a pause's sake. */
function endRetryPauses(step: Step): void {
  const { retryPauses } = step.state;
  for (let link = retryPauses.first; link !== null; link = retryPauses.first) {
    const { wait } = link.item;
    if (wait === null || wait.sinceMs + RETRY_PAUSE_MS > step.atMs) return;
    retryPauses.remove(link);
    wait.pauseLink = null;
    step.outbox.workAvailable();
  }
}

function endQuarantines(step: Step): void {
  const { quarantineEnds } = step.state;
  for (let link = quarantineEnds.first; link !== null; link = quarantineEnds.first) {
    if ((link.item.quarantine?.untilMs ?? 0) > step.atMs) return;
    quarantineEnds.remove(link);
    endQuarantine(step, link.item);
  }
}

import { failure } from '../domain/failure.ts';
import type { AgentId, JobId, LeaseId, SessionId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { AGENT_SILENT_MS, RETRY_PAUSE_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Standing } from '../domain/standing.ts';
import { whyBarred, whyNothingFits, type Idleness } from './idle-reason.ts';
import { viewOfJob } from './job-view.ts';
import type { Agent, Presence, SchedulerState } from './state.ts';
import { hasTasksFor } from './open-jobs.ts';
import { idOfTask, rowsOf } from './task-course.ts';
import type { AgentView, JobPage, LeaseView, SessionView } from './view.ts';

/** A job that is open or among the last ENDED_JOBS_MAX that ended. */
export function jobView(state: SchedulerState, job: JobId): JobView | null {
  const open = state.jobs.get(job);
  if (open !== undefined) return viewOfJob(open, null);
  return state.endedJobs.get(job)?.view ?? null;
}

/**
 * Lists jobs, newest first. O(OPEN_JOBS_MAX + ENDED_JOBS_MAX).
 *
 * Errors: "input_invalid" for a token that no page gave.
 */
export function listJobs(
  state: SchedulerState,
  page: { readonly afterToken?: string; readonly limit: number },
): Outcome<JobPage> {
  const { afterToken } = page;
  if (afterToken !== undefined && !/^\d{1,15}$/.test(afterToken)) {
    return fail(failure('input_invalid', 'not a page token: list again from the first page'));
  }
  const before = afterToken === undefined ? Infinity : Number(afterToken);
  const known = [...state.jobs.values(), ...state.endedJobs.values()]
    .filter(({ number }) => number < before)
    .sort((a, b) => b.number - a.number);
  const listed = known.slice(0, page.limit);
  const last = listed.at(-1);
  return succeed({
    jobs: listed.map((job) => ('view' in job ? job.view : viewOfJob(job, null))),
    nextToken: last !== undefined && listed.length < known.length ? `${last.number}` : null,
  });
}

/** How a key stands; an unknown one has a blank standing. */
export function standingOf(state: SchedulerState, agent: AgentId): Standing {
  const known = state.agents.get(agent);
  if (known === undefined) return { accepted: 0, rejected: 0, pending: 0, quarantine: null };
  return standing(known);
}

/** The agents that are present, in the order of joining. */
export function* listAgents(state: SchedulerState): Generator<AgentView> {
  for (const agent of state.sessions.values()) {
    if (agent.presence !== null) yield viewOfAgent(agent, agent.presence);
  }
}

/** How many agents are present. */
export function countAgents(state: SchedulerState): number {
  return state.sessions.size;
}

/** How many jobs are queued or running. */
export function countOpenJobs(state: SchedulerState): number {
  return state.jobs.size;
}

/** Tasks that wait for an agent, for their first or second result. */
export function countWaiting(state: SchedulerState): number {
  return state.tasksWaiting;
}

/** Whose session this is; null where it is unknown or over. */
export function sessionOf(state: SchedulerState, session: SessionId): SessionView | null {
  const agent = state.sessions.get(session);
  if (agent === undefined || agent.presence === null) return null;
  return { agent: agent.id, capability: agent.presence.capability };
}

/** What a lease is for; null where it is neither out nor waiting for its verdict. */
export function leaseOf(state: SchedulerState, lease: LeaseId): LeaseView | null {
  const known = state.leases.get(lease);
  if (known === undefined) return null;
  const { task, agent } = known;
  return {
    task: idOfTask(task),
    job: task.job.id,
    stage: task.job.stage.plan.stage,
    rows: rowsOf(task),
    agent: agent.id,
    isReported: agent.unjudged.has(known),
    session: agent.presence?.session ?? null,
  };
}

/**
 * Why a lease request would be refused now; null where it would be granted.
 *
 * Shells that log before they step ask here first, and log no refusals. Null too for a session
 * that is not known.
 */
export function idleReasonFor(
  state: SchedulerState,
  session: SessionId,
  atMs: number,
): Idleness | null {
  const agent = state.sessions.get(session);
  if (agent === undefined) return null;
  const barred = whyBarred(agent, atMs);
  if (barred !== null || hasTasksFor(state, { agent, atMs })) return barred;
  return whyNothingFits(state, agent, atMs);
}

/** The earliest instant at which a tick changes anything; null while nothing is waited for. */
export function nextDueAtMs(state: SchedulerState): number | null {
  const silence = state.silenceDeadlines.first?.item.presence;
  const pause = state.retryPauses.first?.item.wait;
  const dues = [
    state.leaseDeadlines.first?.item.deadlineAtMs,
    silence && silence.lastSeenAtMs + AGENT_SILENT_MS,
    state.secondOpinionDeadlines.first?.item.secondOpinionUntilMs,
    pause && pause.sinceMs + RETRY_PAUSE_MS,
    state.quarantineEnds.first?.item.quarantine?.untilMs,
  ].filter((due) => typeof due === 'number');
  return dues.length === 0 ? null : Math.min(...dues);
}

function viewOfAgent(agent: Agent, presence: Presence): AgentView {
  return {
    agent: agent.id,
    session: presence.session,
    capability: presence.capability,
    joinedAtMs: presence.joinedAtMs,
    leases: agent.leases.size,
    standing: standing(agent),
  };
}

function standing({ accepted, rejected, unjudged, quarantine }: Agent): Standing {
  return { accepted, rejected, pending: unjudged.size, quarantine };
}

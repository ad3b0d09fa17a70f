import type { AcceptedResult } from './effect.ts';
import type { RowRange } from '../domain/tensor.ts';
import { failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { AGENT_SILENT_MS, SECOND_OPINION_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Standing } from '../domain/standing.ts';
import { hasTasksFor } from './fair-share.ts';
import { findHedge } from './hedging.ts';
import { whyBarred, whyNothingFits, type Idleness } from './idle-reason.ts';
import { DEADLINE_AT, REPORTED, STATE, TASK } from './lease-table.ts';
import { agentOfLease, openLease } from './leases.ts';
import { NONE } from './slot-list.ts';
import type { LeaseNumber } from './slot-number.ts';
import { viewOfJob } from './job-view.ts';
import type { Agent, Presence, SchedulerState } from './state.ts';
import { jobOf, rangeOf } from './task-rows.ts';
import { FIRST_RESULT, INDEX, OPINION_SINCE, SECOND_RESULT } from './task-table.ts';
import { hasWaiting } from './waiting-tasks.ts';
import type {
  AgentView,
  JobPage,
  LeaseView,
  QuarantineView,
  SamplingFacts,
  SessionView,
  SilentSession,
} from './view.ts';

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

/** What a checking policy wants to know of a result: who gave it, and what is to come. */
export function samplingFacts(
  state: SchedulerState,
  of: { readonly job: JobId; readonly rows: RowRange; readonly agent: AgentId },
): SamplingFacts {
  const agent = state.agents.get(of.agent);
  const job = state.jobs.get(of.job);
  const record = agent?.record ?? 0;
  const trusted = agent?.trusted ?? false;
  if (job === undefined) return { workload: 'operators', record, trusted, resultsOfStage: 0 };
  const { rowsClaimed, group } = job.stage;
  const results = rowsClaimed / (of.rows.end - of.rows.start);
  const resultsOfStage = results / Math.max(1, group.ableCount);
  return { workload: job.workload, record, trusted, resultsOfStage };
}

/** Whether the operator registered a key, as far as this scheduler was told. */
export function isTrusted(state: SchedulerState, agent: AgentId): boolean {
  return state.agents.get(agent)?.trusted ?? false;
}

/** Keys that are quarantined, those that are free first first. O(n log n) of them. */
export function listQuarantines(state: SchedulerState): readonly QuarantineView[] {
  const ordered = state.quarantineEnds.items().flatMap((agent): readonly QuarantineView[] => {
    const { id, quarantine, accepted, rejected, presence } = agent;
    if (quarantine === null) return [];
    const { untilMs, reason } = quarantine;
    const isPresent = presence !== null;
    return [{ agent: id, quarantine: { untilMs, reason }, accepted, rejected, isPresent }];
  });
  return ordered.sort((a, b) => {
    return a.quarantine.untilMs - b.quarantine.untilMs || (a.agent < b.agent ? -1 : 1);
  });
}

/** The agents that are present, in the order of joining. */
export function* listAgents(state: SchedulerState): Generator<AgentView> {
  for (const agent of state.sessions.values()) {
    if (agent.presence !== null) yield viewOfAgent(agent, agent.presence);
  }
}

/** What was accepted of a job's stage at work, in the order of rows. */
export function acceptedOf(state: SchedulerState, job: JobId): readonly AcceptedResult[] {
  return state.jobs.get(job)?.stage.accepted.inOrder() ?? [];
}

/**
 * Rows of a job's stage at work whose results wait for a verdict that comes without agents too.
 * Under `twice` one result alone never gets any.
 */
export function unjudgedRowsOf(state: SchedulerState, job: JobId): readonly RowRange[] {
  const open = state.jobs.get(job);
  if (open === undefined) return [];
  const { records } = state.tasks;
  const needed = open.checking.kind === 'twice' ? SECOND_RESULT : FIRST_RESULT;
  return [...state.tasks.ofJob.of(open.tasks)]
    .filter((task) => records.int(task, needed) !== NONE)
    .map((task) => rangeOf(state, task));
}

/** Whether any row of a job waits for an agent. */
export function hasWaitingRows(state: SchedulerState, job: JobId): boolean {
  const open = state.jobs.get(job);
  return open !== undefined && hasWaiting(open.stage);
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
  const { id, presence, out } = agent;
  return { agent: id, capability: presence.device.capability, leaseCount: out.size };
}

/** What a lease is for; null where it is neither out nor waiting for its verdict. */
export function leaseOf(state: SchedulerState, number: LeaseNumber): LeaseView | null {
  const lease = openLease(state, number);
  if (lease === NONE) return null;
  const task = state.leases.records.int(lease, TASK);
  const { id: job, stage } = jobOf(state, task);
  const agent = agentOfLease(state, lease);
  return {
    job,
    stage: stage.plan.stage,
    index: state.tasks.records.int(task, INDEX),
    rows: rangeOf(state, task),
    agent: agent.id,
    isReported: state.leases.records.int(lease, STATE) === REPORTED,
    session: agent.presence?.session ?? null,
  };
}

/** Whether a lease is out: no result of it was taken yet. */
export function isOut(state: SchedulerState, number: LeaseNumber): boolean {
  const lease = openLease(state, number);
  return lease !== NONE && state.leases.records.int(lease, STATE) !== REPORTED;
}

/** Whether a job is queued or running. */
export function isOpen(state: SchedulerState, job: JobId): boolean {
  return state.jobs.has(job);
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
  const barred = whyBarred(state, agent, atMs);
  if (barred !== null || hasTasksFor(state, { agent, atMs })) return barred;
  const hedge = findHedge(state, agent);
  if (hedge !== null && hedge.fromMs <= atMs) return null;
  return whyNothingFits(state, agent, { atMs, hedge });
}

/**
 * The sessions that a tick at this instant would end as silent, the longest silent first. Shells
 * that hear agents without an event tell of those that are alive before they tick.
 */
export function sessionsSilentAt(state: SchedulerState, atMs: number): readonly SilentSession[] {
  const silent: SilentSession[] = [];
  for (const { presence, out } of state.silenceDeadlines) {
    if (presence === null || presence.lastSeenAtMs + AGENT_SILENT_MS > atMs) break;
    silent.push({ session: presence.session, leaseCount: out.size });
  }
  return silent;
}

/** The earliest instant at which a tick changes anything; null while nothing is waited for. */
export function nextDueAtMs(state: SchedulerState): number | null {
  // Tasks of ended jobs are cleared away by any event.
  if (state.remains.length > 0) return state.nowMs;
  const { leases, tasks } = state;
  const silence = state.silenceDeadlines.first?.item.presence;
  const lease = leases.deadlines.first;
  const opinion = state.secondOpinions.first;
  const dueAtMs = Math.min(
    lease === NONE ? Infinity : leases.records.float(lease, DEADLINE_AT),
    silence ? silence.lastSeenAtMs + AGENT_SILENT_MS : Infinity,
    opinion === NONE ? Infinity : tasks.records.float(opinion, OPINION_SINCE) + SECOND_OPINION_MS,
    state.retries.first?.atMs ?? Infinity,
    state.jobDeadlines.first?.deadlineAtMs ?? Infinity,
    state.quarantineEnds.first?.quarantine?.untilMs ?? Infinity,
  );
  return dueAtMs === Infinity ? null : dueAtMs;
}

function viewOfAgent(agent: Agent, presence: Presence): AgentView {
  return {
    agent: agent.id,
    session: presence.session,
    capability: presence.device.capability,
    joinedAtMs: presence.joinedAtMs,
    leases: agent.out.size,
    standing: standing(agent),
    trusted: agent.trusted,
  };
}

function standing({ accepted, rejected, unjudged, quarantine }: Agent): Standing {
  return { accepted, rejected, pending: unjudged.size, quarantine };
}

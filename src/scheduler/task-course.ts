// What becomes of a task, by what happens to it. (Its states are in step.ts.)
import type { CheckSet, Verification } from '../domain/checking.ts';
import { taskIdOf } from '../domain/ids.ts';
import {
  LOST_TRIES_PER_AGENT_MAX,
  TASK_ATTEMPTS_MAX,
  UNJUDGED_FOR_SECOND_OPINION_MAX,
} from '../domain/limits.ts';
import { nextMove } from './checking-rules.ts';
import type { CheckMode, CheckRequest } from './effect.ts';
import { relist } from './fair-share.ts';
import { endJob, finishStage } from './job-course.ts';
import { TASK } from './lease-table.ts';
import { agentOfLease, endLease, keepResult } from './leases.ts';
import { othersAble } from './matching.ts';
import { isAnotherOriginAble } from './origins.ts';
import type { Step } from './outbox.ts';
import { NONE } from './slot-list.ts';
import type { LeaseNumber } from './slot-number.ts';
import { noteProvisional } from './provisional.ts';
import { wantsAudit } from './second-results.ts';
import type { Agent, FailedTry, Job, SchedulerState } from './state.ts';
import { failureOfTask } from './task-failure.ts';
import { jobOf, rangeOf } from './task-rows.ts';
import {
  ADAPTIVE,
  CHECK,
  COMPARE,
  FIRST_RESULT,
  INDEX,
  LEASE,
  NO_CHECK,
  OPINION_OVERDUE,
  OPINION_SINCE,
  OPINION_WAITS,
  RECOMPUTE_ALL,
  RECOMPUTE_SHARE,
  SECOND_RESULT,
  VERIFIED,
} from './task-table.ts';
import { addReturned, removeWaiting } from './waiting-tasks.ts';

type Check = typeof RECOMPUTE_SHARE | typeof RECOMPUTE_ALL | typeof COMPARE | typeof ADAPTIVE;

/** Takes the output of a lease that is out, and moves its task on. */
export function takeOutput(step: Step, lease: number): void {
  keepResult(step.state, lease);
  advance(step, step.state.leases.records.int(lease, TASK));
}

/** A lease that is out came to nothing; `tried` is the evidence, null where it was handed back. */
export function returnLease(
  step: Step,
  lease: number,
  of: { readonly tried: FailedTry | null; readonly answered: boolean },
): void {
  const { state } = step;
  const task = state.leases.records.int(lease, TASK);
  endLease(state, lease, of.answered);
  if (jobOf(state, task).ended) return;
  if (of.tried !== null && counts(state, task, of.tried)) noteTry(state, task, of.tried);
  advance(step, task);
}

/**
 * Whoever comes, takes a task and is lost with it again and again says nothing new of the task, and
 * a canary nothing at all.
 */
function counts(state: SchedulerState, task: number, { agent, kind }: FailedTry): boolean {
  if (state.agents.get(agent)?.canary === true) return false;
  if (kind !== 'lost') return true;
  const tries = state.tries.get(task) ?? [];
  const before = tries.filter((tried) => tried.kind === 'lost' && tried.agent === agent);
  return before.length < LOST_TRIES_PER_AGENT_MAX;
}

/** A result that was not judged counts no more; its task goes on without it. */
export function dropResult(step: Step, lease: number): void {
  const { state } = step;
  const task = state.leases.records.int(lease, TASK);
  if (state.tasks.records.int(task, FIRST_RESULT) === lease) {
    state.tasks.clearFlag(task, VERIFIED);
  }
  endLease(state, lease, true);
  if (jobOf(state, task).ended) return;
  state.tasks.records.setInt(task, CHECK, NO_CHECK);
  endSecondOpinionWait(state, task);
  state.tasks.clearFlag(task, OPINION_OVERDUE);
  removeWaiting(state, task);
  advance(step, task);
}

/** The wait for a second opinion is over: its result goes on alone, unless somebody is at it. */
export function endSecondOpinion(step: Step, task: number): void {
  const { state } = step;
  endSecondOpinionWait(state, task);
  if (jobOf(state, task).ended) return;
  if (state.tasks.records.int(task, LEASE) === NONE) goOnAlone(step, task);
  else state.tasks.setFlag(task, OPINION_OVERDUE);
}

/** A task's one result is used if it was verified, and else checked without another's. */
export function goOnAlone(step: Step, task: number): void {
  const { state } = step;
  if (state.tasks.has(task, VERIFIED)) return acceptVerified(step, task);
  const { checking } = jobOf(state, task);
  requestCheck(step, task, checking.kind === 'adaptive' ? ADAPTIVE : RECOMPUTE_ALL);
}

/** Has a verified result wait for another key's, to which it is the known answer. */
export function keepAsKnownAnswer(step: Step, task: number): void {
  const { state } = step;
  state.tasks.records.setInt(task, CHECK, NO_CHECK);
  state.tasks.setFlag(task, VERIFIED);
  advance(step, task);
}

/** Accepts the result that a task has, which was verified before. */
export function acceptVerified(step: Step, task: number): void {
  const { state } = step;
  const lease = state.tasks.records.int(task, FIRST_RESULT);
  const agent = agentOfLease(state, lease);
  countAccepted(agent);
  detachTask(state, task);
  const honest = [{ agent, number: state.leases.numberOf(lease) }];
  // It passed at least what all accepted results of its stage did, as it was noted among them.
  const checks = jobOf(state, task).stage.checksPassed ?? 0;
  acceptTask(step, task, { lease, agent, honest, verification: 'complete', checks });
}

/** Counts a result that was found right. */
export function countAccepted(agent: Agent): void {
  agent.accepted++;
  agent.record++;
}

/** Has a task's results checked. Nobody else is to compute it meanwhile. */
export function requestCheck(step: Step, task: number, check: Check): void {
  const { state, outbox } = step;
  endSecondOpinionWait(state, task);
  removeWaiting(state, task);
  endLeasesOf(state, task);
  state.tasks.records.setInt(task, CHECK, check);
  const job = jobOf(state, task);
  relist(state, job);
  outbox.jobChanged(job);
  outbox.check(checkRequest(state, task));
}

/** What is asked of the shell while a task's check is under way. */
export function checkRequest(state: SchedulerState, task: number): CheckRequest {
  const job = jobOf(state, task);
  const results = [];
  for (const word of [FIRST_RESULT, SECOND_RESULT]) {
    const lease = state.tasks.records.int(task, word);
    if (lease === NONE) continue;
    const agent = agentOfLease(state, lease).id;
    results.push({ lease: state.leases.numberOf(lease), agent });
  }
  return {
    task: state.tasks.numberOf(task),
    job: job.id,
    stage: job.stage.plan.stage,
    index: state.tasks.records.int(task, INDEX),
    rows: rangeOf(state, task),
    results,
    mode: modeOf(state.tasks.records.int(task, CHECK), job),
  };
}

/** A task is done: the result of `lease`, which is over, stands for its rows. */
export function acceptTask(
  step: Step,
  task: number,
  by: {
    readonly lease: number;
    readonly agent: Agent;
    /** Whose results were found right: the agent, and who agreed; and their leases. */
    readonly honest: readonly { readonly agent: Agent; readonly number: LeaseNumber }[];
    readonly verification: Verification;
    readonly checks: CheckSet;
  },
): void {
  const { state, outbox } = step;
  const { records } = state.tasks;
  const job = jobOf(state, task);
  const { stage } = job;
  const range = rangeOf(state, task);
  const { start, end } = range;
  const rows = end - start;
  const lease = state.leases.numberOf(by.lease);
  const index = records.int(task, INDEX);
  const { agent, verification, checks } = by;
  const agents = by.honest.map((one) => one.agent.id);
  const leases = by.honest.map(({ number }) => number);
  const told = { job: job.id, stage: stage.plan.stage, index, rows: range, lease };
  outbox.accepted({ ...told, agents, leases, verification, checks });
  if (verification === 'sampled') {
    stage.accepted.set(index, { start, rows, lease, provisionalOf: agent.slot });
    noteProvisional(stage, { agent, index, rows });
  } else {
    stage.accepted.set(index, { start, rows, lease });
  }
  if (verification === 'agreed') stage.rowsAgreed += rows;
  stage.tasksAccepted++;
  stage.rowsAccepted += rows;
  job.contributors.add(agent.id);
  removeTask(state, task);
  outbox.jobChanged(job);
  relist(state, job);
  if (stage.rowsAccepted === stage.rowsClaimed) finishStage(step, job);
}

/** Takes a task out of everything that refers to it, but for its job: it was judged, or that ended. */
export function detachTask(state: SchedulerState, task: number): void {
  removeWaiting(state, task);
  endSecondOpinionWait(state, task);
  endLeasesOf(state, task);
  for (;;) {
    const result = state.tasks.records.int(task, FIRST_RESULT);
    if (result === NONE) break;
    endLease(state, result, true);
  }
  state.tasks.records.setInt(task, CHECK, NO_CHECK);
  state.tasks.clearFlag(task, OPINION_OVERDUE);
  state.tasks.clearFlag(task, VERIFIED);
}

/** Forgets a task that was detached. */
export function removeTask(state: SchedulerState, task: number): void {
  state.tasks.ofJob.remove(jobOf(state, task).tasks, task);
  state.tries.delete(task);
  state.tasks.release(task);
}

/** Keeps what a try came to, as evidence. */
export function noteTry(state: SchedulerState, task: number, tried: FailedTry): void {
  const known = state.tries.get(task);
  if (known === undefined) state.tries.set(task, [tried]);
  else known.push(tried);
}

/** Moves a task on after something happened to it; it is neither waiting nor being checked. */
export function advance(step: Step, task: number): void {
  const { state, atMs, outbox } = step;
  const { records } = state.tasks;
  const job = jobOf(state, task);
  outbox.jobChanged(job);
  const tries = state.tries.get(task);
  if (tries !== undefined && tries.length >= TASK_ATTEMPTS_MAX) {
    const name = taskIdOf(job.id, { stage: job.stage.plan.stage, index: records.int(task, INDEX) });
    endJob(step, job, {
      kind: 'failed',
      failure: failureOfTask(name, rangeOf(state, task), tries),
    });
    return;
  }
  const isLeased = records.int(task, LEASE) !== NONE;
  const resultCount = countResults(state, task);
  const isVerified = state.tasks.has(task, VERIFIED);
  const wanted = job.checking.kind === 'auto' || isVerified || wantsAudit(state, job);
  const waits = resultCount === 1 && wanted;
  const secondExpected = waits && (isLeased || isSecondExpected(state, task));
  if (isVerified && resultCount === 1 && !secondExpected) return acceptVerified(step, task);
  const move = nextMove(job.checking, { resultCount, secondExpected });
  if (move.kind === 'check') {
    requestCheck(step, task, checkOf(move.mode));
    return;
  }
  if (!isLeased) {
    addReturned(state, task, atMs);
    outbox.workAvailable();
  }
  relist(state, job);
  if (waits) awaitSecondOpinion(step, task);
}

function countResults(state: SchedulerState, task: number): 0 | 1 | 2 {
  if (state.tasks.records.int(task, FIRST_RESULT) === NONE) return 0;
  return state.tasks.records.int(task, SECOND_RESULT) === NONE ? 1 : 2;
}

function isSecondExpected(state: SchedulerState, task: number): boolean {
  if (state.tasks.has(task, OPINION_OVERDUE)) return false;
  const author = agentOfLease(state, state.tasks.records.int(task, FIRST_RESULT));
  if (author.unjudged.size > UNJUDGED_FOR_SECOND_OPINION_MAX) return false;
  const { group } = jobOf(state, task).stage;
  return isAnotherOriginAble(group, author) && othersAble(state, group, [author.id]);
}

function awaitSecondOpinion({ state, atMs }: Step, task: number): void {
  if (state.tasks.has(task, OPINION_WAITS)) return;
  state.tasks.setFlag(task, OPINION_WAITS);
  state.tasks.records.setFloat(task, OPINION_SINCE, atMs);
  state.tasks.byOpinion.append(state.secondOpinions, task);
}

function endSecondOpinionWait(state: SchedulerState, task: number): void {
  if (!state.tasks.has(task, OPINION_WAITS)) return;
  state.tasks.clearFlag(task, OPINION_WAITS);
  state.tasks.byOpinion.remove(state.secondOpinions, task);
}

function endLeasesOf(state: SchedulerState, task: number): void {
  for (;;) {
    const lease = state.tasks.records.int(task, LEASE);
    if (lease === NONE) return;
    endLease(state, lease, false);
  }
}

function modeOf(check: number, { checking }: Job): CheckMode {
  switch (check) {
    case COMPARE:
      return { kind: 'compare' };
    case ADAPTIVE:
      return { kind: 'adaptive' };
    case RECOMPUTE_SHARE:
      return { kind: 'recompute', share: checking.kind === 'recompute' ? checking.share : 1 };
    default:
      return { kind: 'recompute', share: 1 };
  }
}

function checkOf(mode: CheckMode): Check {
  if (mode.kind === 'compare') return COMPARE;
  if (mode.kind === 'adaptive') return ADAPTIVE;
  return mode.share === 1 ? RECOMPUTE_ALL : RECOMPUTE_SHARE;
}

// Which job is served next: start-time fair queueing (Goyal, Vin and Cheng 1996). Each job is
// charged the computing that it was given, over its weight, and the one charged least is next. A
// request is filled from one job as far as that goes, because a device that stays with one job loads
// one model. A job that opens anew begins where service has come to: nobody saves up turns.
import {
  CONTRIBUTOR_WEIGHT,
  DEADLINE_WEIGHT_MAX,
  LOCAL_JOBS_SCANNED_MAX,
  LOCALITY_AHEAD_MS,
  OPEN_JOBS_SCANNED_MAX,
} from '../domain/limits.ts';
import { heldBytes, holdContents, neededContents } from './contents.ts';
import { offerLone, withdrawLone } from './lone-tasks.ts';
import { originRoom } from './origins.ts';
import type { Step } from './outbox.ts';
import type { Agent, Job, RequirementGroup, SchedulerState } from './state.ts';
import { rowsOf } from './task-rows.ts';
import { hasWaiting, isAnyFor, takeWaiting } from './waiting-tasks.ts';

const NO_GROUPS: ReadonlySet<RequirementGroup> = new Set();

/** Lists a job where agents find it: while it has waiting tasks, or its last are with agents. */
export function relist(state: SchedulerState, job: Job): void {
  const { group, fresh, leasesOut } = job.stage;
  const isOpen = hasWaiting(job.stage);
  if (isOpen !== group.open.has(job)) {
    if (isOpen) job.served = Math.max(job.served, state.served);
    if (isOpen) group.open.add(job);
    else group.open.remove(job);
  }
  if (fresh.count > 0 !== group.fresh.has(job)) {
    if (fresh.count > 0) group.fresh.add(job);
    else group.fresh.remove(job);
  }
  const isClosing = !isOpen && leasesOut > 0;
  if (isClosing === job.closing) return;
  job.closing = isClosing;
  offerLone(state, job);
}

/** Takes a job off all lists. */
export function delist(job: Job): void {
  const { open, fresh } = job.stage.group;
  if (open.has(job)) open.remove(job);
  if (fresh.has(job)) fresh.remove(job);
  job.closing = false;
  withdrawLone(job);
}

/** Groups that an agent covers. */
export function groupsOf(agent: Agent): ReadonlySet<RequirementGroup> {
  return agent.presence?.device.offer.groups ?? NO_GROUPS;
}

/** Takes up to `count` waiting tasks for an agent, by turn. */
export function takeTasks(
  step: Step,
  to: { readonly agent: Agent; readonly count: number },
): number[] {
  const { state } = step;
  const taken: number[] = [];
  const turn = to.count > 0 ? jobInTurn(to.agent) : null;
  if (turn === null) return taken;
  state.served = Math.max(state.served, turn.served);
  const first = localJob(state, to.agent, turn) ?? turn;
  takeFromJob(step, first, { ...to, taken });
  if (taken.length === to.count) return taken;
  for (const job of jobsInTurn(to.agent)) {
    if (taken.length === to.count) break;
    if (job !== first) takeFromJob(step, job, { ...to, taken });
  }
  return taken;
}

/** Whether `takeTasks` would find any for an agent. */
export function hasTasksFor(
  state: SchedulerState,
  to: { readonly agent: Agent; readonly atMs: number },
): boolean {
  const turn = jobInTurn(to.agent);
  if (turn === null) return false;
  const isAny = ({ stage }: Job): boolean =>
    originRoom(stage, to.agent) > 0 && isAnyFor(state, stage, to);
  return isAny(turn) || jobsInTurn(to.agent).some(isAny);
}

/** Whether an agent would be given tasks of some job, if its address range held fewer of them. */
export function isRangeAtShare(
  state: SchedulerState,
  to: { readonly agent: Agent; readonly atMs: number },
): boolean {
  if (to.agent.origin === null) return false;
  return jobsInTurn(to.agent).some(({ stage }) => {
    return originRoom(stage, to.agent) === 0 && isAnyFor(state, stage, to);
  });
}

/**
 * Open jobs that an agent covers, by turn: OPEN_JOBS_SCANNED_MAX of each kind, and behind them one
 * that has tasks for anybody, so that no agent goes without for tasks that are not for it.
 */
export function jobsInTurn(agent: Agent): Job[] {
  const jobs = [];
  const sure = [];
  for (const { open, fresh } of groupsOf(agent)) {
    jobs.push(...open.smallest(OPEN_JOBS_SCANNED_MAX));
    if (fresh.first !== null) sure.push(fresh.first);
  }
  jobs.sort((a, b) => a.served - b.served || a.number - b.number);
  return jobs.concat(sure);
}

/** What a job's weight comes to: a contributor's own has a little more. */
export function weightOf(
  state: SchedulerState,
  { weight, contributor }: Pick<Job, 'weight' | 'contributor'>,
): number {
  const accepted = contributor === null ? 0 : (state.agents.get(contributor)?.accepted ?? 0);
  return accepted > 0 ? weight * CONTRIBUTOR_WEIGHT : weight;
}

function takeFromJob(
  step: Step,
  job: Job,
  to: { readonly agent: Agent; readonly count: number; readonly taken: number[] },
): void {
  const { state, atMs } = step;
  const { agent, taken } = to;
  let rows = 0;
  const before = taken.length;
  const most = Math.min(to.count, before + originRoom(job.stage, agent));
  while (taken.length < most && !state.tasks.isFull) {
    const task = takeWaiting(state, job, { agent, atMs });
    if (task === null) break;
    rows += rowsOf(state, task);
    taken.push(task);
  }
  if (taken.length === before) return;
  holdContents(agent, job.stage.contents);
  charge(step, job, rows);
  relist(state, job);
}

function charge({ state, atMs }: Step, job: Job, rows: number): void {
  const weight = weightOf(state, job) * deadlineWeight(job, atMs);
  job.served += (rows * job.stage.plan.msPerRow) / weight;
  const { open, fresh } = job.stage.group;
  if (open.has(job)) open.reorder(job);
  if (fresh.has(job)) fresh.reorder(job);
}

/** A job that has used more of its time than it has rows accepted gets more weight. */
function deadlineWeight({ deadlineAtMs, submittedAtMs, stage }: Job, atMs: number): number {
  if (deadlineAtMs === null) return 1;
  const timeShare = Math.min(1, (atMs - submittedAtMs) / Math.max(1, deadlineAtMs - submittedAtMs));
  const rowShare = stage.rowsAccepted / Math.max(1, stage.rowsClaimed);
  return 1 + (DEADLINE_WEIGHT_MAX - 1) * Math.max(0, timeShare - rowShare);
}

function jobInTurn(agent: Agent): Job | null {
  let best: Job | null = null;
  for (const { open } of groupsOf(agent)) {
    const { first } = open;
    if (first === null) continue;
    const isBefore =
      best === null ||
      first.served < best.served ||
      (first.served === best.served && first.number < best.number);
    if (isBefore) best = first;
  }
  return best;
}

/** An open job whose data the agent holds more of than of the one in turn, not too far ahead. */
function localJob(state: SchedulerState, agent: Agent, turn: Job): Job | null {
  let best: Job | null = null;
  let bestBytes = heldBytes(agent, turn.stage.contents);
  if (agent.contents.length === 0) return null;
  for (const content of neededContents(state, agent)) {
    let looked = 0;
    for (const job of content.jobs) {
      if (++looked > LOCAL_JOBS_SCANNED_MAX) break;
      const { group, contents } = job.stage;
      if (!group.open.has(job) || !groupsOf(agent).has(group)) continue;
      if (job.served > turn.served + LOCALITY_AHEAD_MS) continue;
      const bytes = heldBytes(agent, contents);
      if (bytes <= bestBytes) continue;
      best = job;
      bestBytes = bytes;
    }
  }
  return best;
}

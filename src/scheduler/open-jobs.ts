// Which job is served next. Jobs with waiting tasks stand in their requirement's group, by turn.
// A request is filled from the job whose turn was longest ago, because a device that stays with one
// job loads one model; that job then stands behind all others. Round robin, request by request.
import type { Link } from './chain.ts';
import { covers } from './matching.ts';
import type { Agent, Job, RequirementGroup, SchedulerState, Task } from './state.ts';
import { hasWaiting, isAnyFor, takeWaiting } from './waiting-tasks.ts';

/** Lists a job among the open ones while it has waiting tasks; called behind every change. */
export function relist(state: SchedulerState, job: Job): void {
  const waiting = hasWaiting(job.stage);
  if (waiting && job.openLink === null) moveBehind(state, job);
  else if (!waiting) delist(job);
}

/** Takes a job off the open ones. */
export function delist(job: Job): void {
  if (job.openLink === null) return;
  job.stage.group.open.remove(job.openLink);
  job.openLink = null;
}

/** Groups with waiting tasks that an agent covers. O(groups), at most OPEN_JOBS_MAX. */
export function openGroupsFor(state: SchedulerState, agent: Agent): RequirementGroup[] {
  const groups: RequirementGroup[] = [];
  const offer = agent.presence?.offer;
  if (offer === undefined) return groups;
  for (const group of state.groups.values()) {
    if (group.open.first !== null && covers(offer, group)) groups.push(group);
  }
  return groups;
}

/** Whether `takeTasks` would find any for an agent. */
export function hasTasksFor(
  state: SchedulerState,
  to: { readonly agent: Agent; readonly atMs: number },
): boolean {
  for (const group of openGroupsFor(state, to.agent)) {
    for (const job of group.open) if (isAnyFor(state, job.stage, to)) return true;
  }
  return false;
}

/** Takes up to `count` waiting tasks for an agent, each from the job whose turn it is. */
export function takeTasks(
  state: SchedulerState,
  to: { readonly agent: Agent; readonly count: number; readonly atMs: number },
): Task[] {
  const taken: Task[] = [];
  const heads = openGroupsFor(state, to.agent).map((group) => group.open.first);
  const lastTurn = state.turnCount;
  while (taken.length < to.count) {
    const at = earliest(heads, lastTurn);
    const head = heads[at];
    if (head === undefined || head === null) break;
    heads[at] = head.next; // before the job is served and moves
    takeFromJob(state, head.item, to, taken);
  }
  return taken;
}

function takeFromJob(
  state: SchedulerState,
  job: Job,
  to: { readonly agent: Agent; readonly count: number; readonly atMs: number },
  taken: Task[],
): void {
  const before = taken.length;
  while (taken.length < to.count) {
    const task = takeWaiting(state, job, to);
    if (task === null) break;
    taken.push(task);
  }
  if (taken.length === before) return;
  delist(job);
  relist(state, job);
}

/** Index of the head whose turn was longest ago, of those not served since `lastTurn`; or -1. */
function earliest(heads: readonly (Link<Job> | null)[], lastTurn: number): number {
  let best = -1;
  let bestTurn = lastTurn + 1;
  for (const [index, head] of heads.entries()) {
    if (head === null || head.item.turn >= bestTurn) continue;
    best = index;
    bestTurn = head.item.turn;
  }
  return best;
}

function moveBehind(state: SchedulerState, job: Job): void {
  job.turn = ++state.turnCount;
  job.openLink = job.stage.group.open.append(job);
}

// Stragglers: near a stage's end, when nothing of it waits, an idle agent is given a task that
// another takes too long for, so that one slow device does not keep a job from ending. The first
// result counts. Bounded: once a task, and HEDGED_SHARE_MAX of a stage's rows.
// Source: backup tasks, Dean and Ghemawat 2004, "MapReduce", section 3.6.
import { ORIGIN_STRAGGLERS_SCANNED_MAX } from '../domain/limits.ts';
import { groupsOf } from './fair-share.ts';
import type { Heap } from './heap.ts';
import { EXPECTED_MS, GRANTED_AT } from './lease-table.ts';
import { lateMsOf, mayHedge, offerLone, removeLone, type LoneTasks } from './lone-tasks.ts';
import { agentOfLease } from './leases.ts';
import { shareOrigin } from './origins.ts';
import { NONE } from './slot-list.ts';
import { expectedMs } from './speed.ts';
import type { Agent, Job, SchedulerState } from './state.ts';
import { jobOf, rowsOf } from './task-rows.ts';
import { FIRST_RESULT, HEDGED, LEASE } from './task-table.ts';
import { fitsMemory } from './waiting-tasks.ts';

/** A task that an agent may be given beside another, now or later. */
export type Hedge = { readonly task: number; readonly fromMs: number };

/**
 * The straggling task that an agent may be given soonest; null where there is none for it.
 *
 * However many tasks are out: of those of one kind it is the one granted longest ago, of any job.
 * Tasks of a kind differ by up to a quarter, so at worst a straggler is found a quarter of its time
 * late. O(kinds of tasks that are out + leases and unjudged results of the agent).
 */
export function findHedge(state: SchedulerState, agent: Agent): Hedge | null {
  // A key that has shown nothing yet would only double the waiting.
  if (agent.accepted === 0) return null;
  let soonest: Hedge | null = null;
  for (const { lone } of groupsOf(agent)) {
    for (const lists of lone.values()) {
      const task = longestOut(state, lists, agent);
      if (task === NONE) continue;
      const hedge = { task, fromMs: hedgeAtMs(state, task, agent) };
      if (soonest === null || isBefore(hedge, soonest)) soonest = hedge;
    }
  }
  return soonest;
}

/** Counts a task as given to a second agent. */
export function noteHedged(state: SchedulerState, job: Job, task: number): void {
  state.tasks.setFlag(task, HEDGED);
  job.stage.rowsHedged += rowsOf(state, task);
  removeLone(state, task, job);
  offerLone(state, job);
}

/** Of tasks that are alike the one granted longest ago that an agent may be given; or NONE. */
function longestOut(state: SchedulerState, lists: Heap<LoneTasks>, agent: Agent): number {
  let best = NONE;
  let bestMs = Infinity;
  let bestNumber = Infinity;
  lists.descend(({ sinceMs, job, tasks }) => {
    if (sinceMs > bestMs || (sinceMs === bestMs && job.number > bestNumber)) return false;
    const task = firstOfOthers(state, { first: tasks.first, job, agent });
    if (task === NONE || !mayHedge(job.stage, rowsOf(state, task))) return true;
    if (!fitsMemory(state, task, agent)) return true;
    const grantedAtMs = grantedAtMsOf(state, task);
    if (grantedAtMs < bestMs || (grantedAtMs === bestMs && job.number < bestNumber)) {
      best = task;
      bestMs = grantedAtMs;
      bestNumber = job.number;
    }
    return true;
  });
  return best;
}

/**
 * The first task of a list that an agent has no part in: those before it are its own, or those of
 * its address range where two results are compared.
 */
function firstOfOthers(
  state: SchedulerState,
  of: { readonly first: number; readonly job: Job; readonly agent: Agent },
): number {
  const { records, alone } = state.tasks;
  const { agent } = of;
  const isCompared = of.job.checking.kind === 'twice' || of.job.checking.kind === 'auto';
  let ofItsOrigin = 0;
  for (let task = of.first; task !== NONE; task = alone.next(task)) {
    const holder = agentOfLease(state, records.int(task, LEASE));
    const result = records.int(task, FIRST_RESULT);
    const author = result === NONE ? null : agentOfLease(state, result);
    if (holder === agent || author === agent) continue;
    const isShared = shareOrigin(holder, agent) || (author !== null && shareOrigin(author, agent));
    if (!isCompared || !isShared) return task;
    if (++ofItsOrigin === ORIGIN_STRAGGLERS_SCANNED_MAX) return NONE;
  }
  return NONE;
}

function hedgeAtMs(state: SchedulerState, task: number, agent: Agent): number {
  const lease = state.tasks.records.int(task, LEASE);
  const lateMs = lateMsOf(state.leases.records.int(lease, EXPECTED_MS));
  // What would take this agent longer than the other has been at it already is no help.
  const mineMs = expectedMs(agent, jobOf(state, task).stage, rowsOf(state, task));
  return grantedAtMsOf(state, task) + Math.max(lateMs, mineMs);
}

function grantedAtMsOf(state: SchedulerState, task: number): number {
  return state.leases.records.float(state.tasks.records.int(task, LEASE), GRANTED_AT);
}

function isBefore(a: Hedge, b: Hedge): boolean {
  return a.fromMs < b.fromMs || (a.fromMs === b.fromMs && a.task < b.task);
}

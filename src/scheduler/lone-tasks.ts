// Tasks that one agent is at, and that no second was given yet: any of them may become a straggler.
//
// Those of one job that are alike in size and lateness stand in one list, in the order of granting.
// All of them would take an agent about as long, and all are late after about the same time, so the
// first of a list is the one to look at, and what stands behind it never has to be. While a job is
// closing its lists stand in heaps of its group, one a kind, the one granted longest ago first.
//
// task  granted -> alone -> reported, lost, or given to a second agent
// list  begun with its first task, gone with its last; aside -> offered (its job is closing, and its
//       first may be computed once more) -> aside
import { HEDGE_LATENESS, HEDGE_MS_MIN, HEDGED_SHARE_MAX } from '../domain/limits.ts';
import { Heap, type Place } from './heap.ts';
import { EXPECTED_MS, GRANTED_AT, TASK } from './lease-table.ts';
import { newList, NONE, type SlotList } from './slot-list.ts';
import type { Job, SchedulerState, Stage } from './state.ts';
import { rowsOf } from './task-rows.ts';
import { HEDGED, KIND, LEASE } from './task-table.ts';

/** Tasks of a job that are with one agent each, and alike: those granted longest ago first. */
export type LoneTasks = {
  readonly kind: number;
  readonly job: Job;
  readonly tasks: SlotList;
  /** When its first was granted, while the list is offered. Unix time in milliseconds. */
  sinceMs: number;
  /** Its place among the lists of its kind in its group, while it is offered. */
  readonly place: Place;
};

/** How long after its granting a lease is late that was expected to take so long. Milliseconds. */
export function lateMsOf(expectedMs: number): number {
  return Math.max(HEDGE_MS_MIN, HEDGE_LATENESS * expectedMs);
}

/** Whether so many rows of a stage may be computed once more; one task always may. */
export function mayHedge({ rowsHedged, rowsClaimed }: Stage, rows: number): boolean {
  return rowsHedged === 0 || rowsHedged + rows <= HEDGED_SHARE_MAX * rowsClaimed;
}

/** Lists the task of a job whose first lease was granted just now. */
export function addLone(state: SchedulerState, lease: number, job: Job): void {
  const { alone, records } = state.tasks;
  const task = state.leases.records.int(lease, TASK);
  const { stage } = job;
  const plannedMs = rowsOf(state, task) * stage.plan.msPerRow;
  const lateMs = lateMsOf(state.leases.records.int(lease, EXPECTED_MS));
  const kind = (quarterOf(plannedMs) << 10) | quarterOf(lateMs);
  const list = listOf(stage, kind) ?? newLone(job, kind);
  alone.append(list.tasks, task);
  records.setInt(task, KIND, kind);
  if (job.closing && list.tasks.first === task) offer(state, list);
}

/** Takes a task of a job off its list, if it is on one. */
export function removeLone(state: SchedulerState, task: number, job: Job): void {
  const { alone, records } = state.tasks;
  const kind = records.int(task, KIND);
  if (kind === NONE) return;
  const { stage } = job;
  const list = listOf(stage, kind);
  if (list === undefined) throw new Error('broken invariant: a lone task is on a list');
  const isFirst = list.tasks.first === task;
  alone.remove(list.tasks, task);
  records.setInt(task, KIND, NONE);
  if (list.tasks.size === 0) {
    withdraw(list);
    stage.lone.delete(kind);
    if (stage.loneLatest === list) stage.loneLatest = null;
  } else if (job.closing && isFirst) {
    offer(state, list);
  }
}

/** Offers the lists of a job, or withdraws them, after what decides about all of them changed. */
export function offerLone(state: SchedulerState, job: Job): void {
  for (const list of job.stage.lone.values()) offer(state, list);
}

/** Withdraws the lists of a job whose stage is over. */
export function withdrawLone({ stage }: Job): void {
  for (const list of stage.lone.values()) withdraw(list);
}

/**
 * Lists the lone tasks of a job anew, of which only records are known: those of another run. The
 * order of its tasks is that of granting.
 */
export function relistLone(state: SchedulerState, job: Job): void {
  const { records, ofJob } = state.tasks;
  for (const task of ofJob.of(job.tasks)) {
    records.setInt(task, KIND, NONE);
    const lease = records.int(task, LEASE);
    if (lease === NONE || state.tasks.has(task, HEDGED)) continue;
    addLone(state, lease, job);
  }
}

function listOf(stage: Stage, kind: number): LoneTasks | undefined {
  const { loneLatest } = stage;
  if (loneLatest !== null && loneLatest.kind === kind) return loneLatest;
  const list = stage.lone.get(kind);
  if (list !== undefined) stage.loneLatest = list;
  return list;
}

function newLone(job: Job, kind: number): LoneTasks {
  const list: LoneTasks = { kind, job, tasks: newList(), sinceMs: 0, place: { at: -1 } };
  job.stage.lone.set(kind, list);
  return list;
}

function offer(state: SchedulerState, list: LoneTasks): void {
  const { job, kind, tasks } = list;
  const { group } = job.stage;
  const { first } = tasks;
  if (!job.closing || !mayHedge(job.stage, rowsOf(state, first))) {
    withdraw(list);
    return;
  }
  const lease = state.tasks.records.int(first, LEASE);
  list.sinceMs = state.leases.records.float(lease, GRANTED_AT);
  let heap = group.lone.get(kind);
  if (heap === undefined) {
    heap = new Heap({ isBefore: isGrantedBefore, placeOf: ({ place }) => place });
    group.lone.set(kind, heap);
  }
  if (heap.has(list)) heap.reorder(list);
  else heap.add(list);
}

function withdraw(list: LoneTasks): void {
  if (list.place.at === -1) return;
  const { group } = list.job.stage;
  const heap = group.lone.get(list.kind);
  if (heap === undefined) throw new Error('broken invariant: an offered list is in a heap');
  heap.remove(list);
  if (heap.first === null) group.lone.delete(list.kind);
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

/**
 * The quarter of an octave in which a duration lies, below 1024: the exponent of its float and two
 * bits behind it. Logarithms are not the same on every machine.
 */
function quarterOf(ms: number): number {
  FLOAT[0] = ms;
  return (BITS[0] ?? 0) >>> 21;
}

function isGrantedBefore(a: LoneTasks, b: LoneTasks): boolean {
  return a.sinceMs < b.sinceMs || (a.sinceMs === b.sinceMs && a.job.number < b.job.number);
}

// The waiting rows of a stage: those never leased are ranges, from which tasks are cut as they are
// leased; tasks returned are queued by whom they should not go to. An agent then finds its next task
// by looking at the heads of few queues, however many tasks it tried in vain.
import type { AgentId } from '../domain/ids.ts';
import {
  RETRY_ELSEWHERE_MS,
  RETRY_PAUSE_MS,
  RETRY_PAUSE_MS_MAX,
  RETURNED_QUEUES_SCANNED_MAX,
  TASK_LONG_MS,
  TASK_RUN_MS_MAX,
} from '../domain/limits.ts';
import type { RowRange } from '../domain/tensor.ts';
import { AGENT } from './lease-table.ts';
import { othersAble } from './matching.ts';
import { shareOrigin } from './origins.ts';
import { FITTING_RETURNS } from './rules.ts';
import { newList, NONE } from './slot-list.ts';
import { expectedMs } from './speed.ts';
import type { Agent, Job, ReturnedTasks, SchedulerState, Stage } from './state.ts';
import { jobOf, rangeOf, rowsOf } from './task-rows.ts';
import { rowsForNext, rowsHeld, rowsOfItsSize, tasksIn } from './task-size.ts';
import { FIRST_RESULT, INDEX, JOB, QUEUE, ROWS, SINCE, START } from './task-table.ts';

type To = { readonly agent: Agent; readonly atMs: number };

/** Whether a stage has waiting tasks. */
export function hasWaiting(stage: Stage): boolean {
  return stage.fresh.count > 0 || stage.returned.size > 0;
}

/** Takes the next task for an agent, returned ones first; null where none is for it. */
export function takeWaiting(state: SchedulerState, job: Job, to: To): number | null {
  const { stage } = job;
  const queue = queueFor(state, stage, to);
  if (queue !== null) {
    const task = queue.tasks.first;
    removeWaiting(state, task);
    cutToSize(state, task, to.agent);
    return task;
  }
  if (stage.fresh.count === 0) return null;
  const rows = stage.fresh.take(rowsForNext(to.agent, stage));
  recount(state, stage);
  return newTask(state, job, rows);
}

/** Whether any waiting task of a stage is for an agent. */
export function isAnyFor(state: SchedulerState, stage: Stage, to: To): boolean {
  return stage.fresh.count > 0 || queueFor(state, stage, to) !== null;
}

/** Adds rows that no task has. */
export function addFresh(
  state: SchedulerState,
  stage: Stage,
  rows: { readonly start: number; readonly end: number },
): void {
  stage.fresh.add(rows);
  recount(state, stage);
}

/** Takes these very rows where all of them are fresh; false where they are not. */
export function takeFresh(
  state: SchedulerState,
  stage: Stage,
  rows: { readonly start: number; readonly end: number },
): boolean {
  if (!stage.fresh.takeExactly(rows)) return false;
  recount(state, stage);
  return true;
}

/** Takes all fresh rows. */
export function takeAllFresh(state: SchedulerState, stage: Stage): readonly RowRange[] {
  const rows = stage.fresh.takeAll();
  recount(state, stage);
  return rows;
}

/** Forgets the fresh rows of a stage that is over. */
export function dropFresh(state: SchedulerState, stage: Stage): void {
  state.tasksWaiting -= stage.freshTasks;
  stage.freshTasks = 0;
}

/** Queues a task that was leased before. */
export function addReturned(state: SchedulerState, task: number, atMs: number): void {
  const { records } = state.tasks;
  const { stage } = jobOf(state, task);
  const author = authorOf(state, task);
  const failers = failersOf(state, task);
  const key = failers.length === 0 ? (author ?? '') : `${author ?? ''} ${failers.join(' ')}`;
  const queue = stage.returnedByKey.get(key) ?? newQueue(state, stage, { key, author, failers });
  state.tasks.inQueue.append(queue.tasks, task);
  records.setInt(task, QUEUE, queue.number);
  records.setFloat(task, SINCE, atMs);
  state.tasksWaiting++;
  if (failers.length === 0) return;
  const failures = failuresOf(state, task);
  for (const pauseMs of [pauseElsewhereMs(failures), pauseHereMs(failures)]) {
    if (pauseMs > 0) {
      const number = state.tasks.numberOf(task);
      state.retries.add({ atMs: atMs + pauseMs, number, place: { at: -1 } });
    }
  }
}

/** Takes a returned task out of its queue, if it is in one. */
export function removeWaiting(state: SchedulerState, task: number): void {
  const { records } = state.tasks;
  const number = records.int(task, QUEUE);
  if (number === NONE) return;
  const queue = state.queues.get(number);
  if (queue === undefined) throw new Error('broken invariant: a waiting task is in a queue');
  const { stage } = jobOf(state, task);
  state.tasks.inQueue.remove(queue.tasks, task);
  records.setInt(task, QUEUE, NONE);
  state.tasksWaiting--;
  if (queue.tasks.size > 0 || queue.link === null) return;
  stage.returned.remove(queue.link);
  queue.link = null;
  stage.returnedByKey.delete(queue.key);
  state.queues.delete(queue.number);
}

/**
 * When an agent may have the next task of a queue; null where it never may.
 *
 * Nobody gives the second result of a task of which its own address range gave the first.
 * Failed tasks are tried elsewhere, behind a pause that doubles; by those that failed them only
 * where nobody else is able, or able and free for as long as a task may run.
 */
export function tryAtMs(state: SchedulerState, queue: ReturnedTasks, agent: Agent): number | null {
  if (queue.author === agent.id || isOfItsOrigin(state, queue.author, agent)) return null;
  if (queue.failers.length === 0) return -Infinity;
  const task = queue.tasks.first;
  const sinceMs = state.tasks.records.float(task, SINCE);
  const failures = failuresOf(state, task);
  if (!queue.failers.includes(agent.id)) return sinceMs + pauseElsewhereMs(failures);
  const besides = new Set(queue.failers);
  if (queue.author !== null) besides.add(queue.author);
  const others = othersAble(state, jobOf(state, task).stage.group, [...besides]);
  const pauseMs = pauseHereMs(failures);
  return sinceMs + (others ? Math.max(TASK_RUN_MS_MAX, pauseMs) : pauseMs);
}

/** Whose result a task waits with, for a second opinion. */
export function authorOf(state: SchedulerState, task: number): AgentId | null {
  const lease = state.tasks.records.int(task, FIRST_RESULT);
  if (lease === NONE) return null;
  return state.agentSlots[state.leases.records.int(lease, AGENT)]?.id ?? null;
}

function isOfItsOrigin(state: SchedulerState, author: AgentId | null, agent: Agent): boolean {
  if (author === null || agent.origin === null) return false;
  const other = state.agents.get(author);
  return other !== undefined && shareOrigin(agent, other);
}

function queueFor(state: SchedulerState, stage: Stage, to: To): ReturnedTasks | null {
  let link = stage.returned.first;
  for (let seen = 0; link !== null && seen < RETURNED_QUEUES_SCANNED_MAX; seen++) {
    const queue = link.item;
    const fromMs = tryAtMs(state, queue, to.agent);
    if (fromMs !== null && fromMs <= to.atMs && !isTooLarge(state, queue, to)) return queue;
    link = link.next;
  }
  return null;
}

/**
 * A second opinion cannot be cut: one that takes an agent too long, or more memory than it lends, is
 * left to others for a time.
 */
function isTooLarge(state: SchedulerState, queue: ReturnedTasks, { agent, atMs }: To): boolean {
  if (queue.author === null) return false;
  const task = queue.tasks.first;
  const { stage } = jobOf(state, task);
  const isLong = expectedMs(agent, stage, rowsOf(state, task)) > TASK_LONG_MS;
  if (!isLong && fitsMemory(state, task, agent)) return false;
  return atMs < state.tasks.records.float(task, SINCE) + TASK_RUN_MS_MAX;
}

/** Whether a lane of an agent holds the rows of a task that was leased before. */
export function fitsMemory(state: SchedulerState, task: number, agent: Agent): boolean {
  if (state.rules < FITTING_RETURNS) return true;
  return rowsOf(state, task) <= rowsHeld(agent, jobOf(state, task).stage);
}

/**
 * A task that was lost on a faster device is cut to the size of its next, and any that its next does
 * not hold.
 */
function cutToSize(state: SchedulerState, task: number, agent: Agent): void {
  const { records } = state.tasks;
  if (records.int(task, FIRST_RESULT) !== NONE) return;
  const { stage } = jobOf(state, task);
  const { start, end } = rangeOf(state, task);
  if (fitsMemory(state, task, agent)) {
    if (failersOf(state, task).length > 0) return;
    if (expectedMs(agent, stage, end - start) <= TASK_LONG_MS) return;
  }
  const rows = rowsOfItsSize(agent, stage);
  if (rows >= end - start) return;
  records.setInt(task, ROWS, rows);
  addFresh(state, stage, { start: start + rows, end });
}

function newTask(
  state: SchedulerState,
  job: Job,
  rows: { readonly start: number; readonly end: number },
): number {
  const { tasks } = state;
  const task = tasks.allot();
  tasks.records.setFloat(task, START, rows.start);
  tasks.records.setInt(task, ROWS, rows.end - rows.start);
  tasks.records.setInt(task, JOB, job.slot);
  tasks.records.setInt(task, INDEX, job.stage.taskCount++);
  tasks.ofJob.append(job.tasks, task);
  return task;
}

/** Keeps the count of waiting tasks, of which fresh rows are an estimate. */
function recount(state: SchedulerState, stage: Stage): void {
  const tasks = tasksIn(stage, stage.fresh.count);
  state.tasksWaiting += tasks - stage.freshTasks;
  stage.freshTasks = tasks;
}

function newQueue(
  state: SchedulerState,
  stage: Stage,
  of: { key: string; author: AgentId | null; failers: readonly AgentId[] },
): ReturnedTasks {
  const queue: ReturnedTasks = {
    ...of,
    number: state.queueCount++,
    tasks: newList(),
    link: null,
  };
  queue.link = stage.returned.append(queue);
  stage.returnedByKey.set(of.key, queue);
  state.queues.set(queue.number, queue);
  return queue;
}

function failersOf(state: SchedulerState, task: number): readonly AgentId[] {
  const tries = state.tries.get(task);
  if (tries === undefined) return NOBODY;
  const failed = tries.filter(({ kind }) => kind !== 'lost').map(({ agent }) => agent);
  return [...new Set(failed)].sort();
}

const NOBODY: readonly AgentId[] = [];

function failuresOf(state: SchedulerState, task: number): number {
  let count = 0;
  for (const { kind } of state.tries.get(task) ?? []) if (kind === 'failed') count++;
  return count;
}

function pauseElsewhereMs(failures: number): number {
  if (failures < 2) return 0;
  return Math.min(RETRY_PAUSE_MS_MAX, RETRY_ELSEWHERE_MS * 2 ** (failures - 2));
}

function pauseHereMs(failures: number): number {
  return Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

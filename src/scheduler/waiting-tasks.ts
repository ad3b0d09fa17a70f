// The waiting tasks of a stage: those never leased are an index, those returned are queued by whom
// they should not go to. An agent then finds its next task by looking at the heads of few queues,
// however many tasks it tried in vain.
import type { AgentId } from '../domain/ids.ts';
import { RETRY_PAUSE_MS, RETURNED_QUEUES_SCANNED_MAX, TASK_RUN_MS_MAX } from '../domain/limits.ts';
import { Chain } from './chain.ts';
import { othersAble } from './matching.ts';
import type { Agent, Job, ReturnedTasks, SchedulerState, Stage, Task } from './state.ts';

/** Whether a stage has waiting tasks. */
export function hasWaiting(stage: Stage): boolean {
  return stage.nextFresh < stage.taskCount || stage.returned.size > 0;
}

/** Takes the next task for an agent, returned ones first; null where none is for it. */
export function takeWaiting(
  state: SchedulerState,
  job: Job,
  to: { readonly agent: Agent; readonly atMs: number },
): Task | null {
  const { stage } = job;
  const queue = queueFor(state, stage, to);
  const head = queue?.tasks.first?.item;
  if (head !== undefined) {
    removeWaiting(state, head);
    return head;
  }
  if (stage.nextFresh === stage.taskCount) return null;
  const task = freshTask(job, stage.nextFresh++);
  stage.tasks.set(task.index, task);
  state.tasksWaiting--;
  return task;
}

/** Whether any waiting task of a stage is for an agent. */
export function isAnyFor(
  state: SchedulerState,
  stage: Stage,
  to: { readonly agent: Agent; readonly atMs: number },
): boolean {
  return stage.nextFresh < stage.taskCount || queueFor(state, stage, to) !== null;
}

/** Queues a task that was leased before. */
export function addReturned(state: SchedulerState, task: Task, atMs: number): void {
  const { stage } = task.job;
  const author = task.results[0]?.agent.id ?? null;
  const failed = task.failedTries.filter((tried) => !tried.lost);
  const failers = [...new Set(failed.map((tried) => tried.agent))].sort();
  const key = `${author ?? ''} ${failers.join(' ')}`;
  const queue = stage.returnedByKey.get(key) ?? newQueue(stage, { key, author, failers });
  const pauseLink = failers.length > 0 ? state.retryPauses.append(task) : null;
  task.wait = { sinceMs: atMs, in: queue, link: queue.tasks.append(task), pauseLink };
  state.tasksWaiting++;
}

/** Takes a returned task out of its queue. */
export function removeWaiting(state: SchedulerState, task: Task): void {
  if (task.wait === null) return;
  const { stage } = task.job;
  const queue = task.wait.in;
  queue.tasks.remove(task.wait.link);
  if (task.wait.pauseLink !== null) state.retryPauses.remove(task.wait.pauseLink);
  task.wait = null;
  state.tasksWaiting--;
  if (queue.tasks.size > 0 || queue.link === null) return;
  stage.returned.remove(queue.link);
  queue.link = null;
  stage.returnedByKey.delete(queue.key);
}

/**
 * When an agent may try again what it failed; null where it never may, or need not wait.
 *
 * Others go first: for a moment if nobody else is able, otherwise for as long as another able
 * agent may be busy with a task.
 */
export function retryAtMs(
  state: SchedulerState,
  queue: ReturnedTasks,
  agent: Agent,
): number | null {
  const head = queue.tasks.first?.item;
  if (head === undefined || head.wait === null || queue.author === agent.id) return null;
  if (!queue.failers.includes(agent.id)) return null;
  const besides = new Set(queue.failers);
  if (queue.author !== null) besides.add(queue.author);
  const others = othersAble(state, head.job.stage.group, [...besides]);
  return head.wait.sinceMs + (others ? TASK_RUN_MS_MAX : RETRY_PAUSE_MS);
}

function queueFor(
  state: SchedulerState,
  stage: Stage,
  to: { readonly agent: Agent; readonly atMs: number },
): ReturnedTasks | null {
  let link = stage.returned.first;
  for (let seen = 0; link !== null && seen < RETURNED_QUEUES_SCANNED_MAX; seen++) {
    const queue = link.item;
    if (queue.author !== to.agent.id) {
      const fromMs = retryAtMs(state, queue, to.agent);
      if (fromMs === null || fromMs <= to.atMs) return queue;
    }
    link = link.next;
  }
  return null;
}

function newQueue(
  stage: Stage,
  of: { key: string; author: AgentId | null; failers: readonly AgentId[] },
): ReturnedTasks {
  const queue: ReturnedTasks = { ...of, tasks: new Chain<Task>(), link: null };
  queue.link = stage.returned.append(queue);
  stage.returnedByKey.set(of.key, queue);
  return queue;
}

function freshTask(job: Job, index: number): Task {
  return {
    job,
    index,
    lease: null,
    results: [],
    check: null,
    failedTries: [],
    wait: null,
    secondOpinionLink: null,
    secondOpinionUntilMs: 0,
    secondOpinionOverdue: false,
  };
}

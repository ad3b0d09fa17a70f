import { assert } from '../domain/assert.ts';
import { LEASES_PER_AGENT_MAX, OPEN_JOBS_MAX, TASK_ATTEMPTS_MAX } from '../domain/limits.ts';
import { isAble } from './matching.ts';
import type { Agent, Job, SchedulerState, Task } from './state.ts';

/** Crashes where the state contradicts itself. Reads all of it: for tests and simulations. */
export function checkInvariants(state: SchedulerState): void {
  assert(state.jobs.size <= OPEN_JOBS_MAX, 'open jobs within their limit');
  let waiting = 0;
  let held = 0;
  for (const job of state.jobs.values()) {
    waiting += checkJob(job);
    held += job.stage.leasesOut + job.stage.resultsUnjudged;
  }
  assert(state.tasksWaiting === waiting, `${state.tasksWaiting} waiting, found ${waiting}`);
  assert(state.leases.size === held, `${state.leases.size} leases, found ${held}`);
  for (const agent of state.agents.values()) checkAgent(agent);
  const present = [...state.agents.values()].filter((agent) => agent.presence !== null);
  for (const group of state.groups.values()) {
    const able = present.filter((agent) => isAble(agent, group)).length;
    assert(group.ableCount === able, `${group.ableCount} able, found ${able}`);
    assert(group.jobs.size > 0, 'a group has a job');
  }
  assert(present.length === state.sessions.size, 'one session for each agent present');
  assert(state.silenceDeadlines.size === present.length, 'each session may fall silent');
  let lastMs = 0;
  for (const lease of state.leaseDeadlines) {
    assert(lease.deadlineAtMs >= lastMs, 'leases expire in order');
    lastMs = lease.deadlineAtMs;
  }
}

/** Checks a job and counts its waiting tasks. */
function checkJob(job: Job): number {
  const { stage } = job;
  let leased = 0;
  let unjudged = 0;
  let returned = 0;
  for (const task of stage.tasks.values()) {
    checkTask(task);
    if (task.lease !== null) leased++;
    unjudged += task.results.length;
    if (task.wait !== null) returned++;
  }
  assert(stage.leasesOut === leased, 'leases out agree');
  assert(stage.resultsUnjudged === unjudged, 'unjudged results agree');
  const fresh = stage.taskCount - stage.nextFresh;
  const { size } = stage.tasks;
  assert(stage.tasksAccepted + size + fresh === stage.taskCount, 'each task is somewhere, once');
  assert(stage.finished === (stage.tasksAccepted === stage.taskCount), 'finished when all are in');
  assert((job.openLink !== null) === fresh + returned > 0, 'open while tasks wait');
  return fresh + returned;
}

function checkTask(task: Task): void {
  const { job, lease, results, check, wait } = task;
  const states = [lease, check, wait].filter((part) => part !== null);
  assert(states.length === 1, 'a task is leased, waiting or being checked');
  assert((job.stage.accepted?.[task.index] ?? 0) === 0, 'a task at work is not accepted');
  assert(task.failedTries.length < TASK_ATTEMPTS_MAX, 'attempts within their limit');
  const keys = [lease, ...results].filter((held) => held !== null).map((held) => held.agent.id);
  assert(new Set(keys).size === keys.length, 'results of one task come from different keys');
  assert(check === null || results.length === (check.kind === 'compare' ? 2 : 1), 'results fit');
}

function checkAgent(agent: Agent): void {
  assert(agent.leases.size <= LEASES_PER_AGENT_MAX, 'leases within their limit');
  if (agent.presence === null) assert(agent.leases.size === 0, 'absent agents hold no lease');
  if (agent.quarantine === null) return;
  assert(agent.leases.size === 0, 'quarantined agents hold no lease');
  assert(agent.unjudged.size === 0, 'quarantined agents have no result that may count');
}

import { assert } from '../domain/assert.ts';
import {
  LEASES_PER_AGENT_MAX,
  OPEN_JOBS_MAX,
  RETRY_PAUSE_MS_MAX,
  TASK_ATTEMPTS_MAX,
} from '../domain/limits.ts';
import { AGENT, DEADLINE_AT, GRANTED_AT, OUT, REPORTED, STATE, TASK } from './lease-table.ts';
import { agentOfLease } from './leases.ts';
import { mayHedge } from './lone-tasks.ts';
import { isAble } from './matching.ts';
import { countOrigin } from './origins.ts';
import { NONE } from './slot-list.ts';
import type { Agent, Job, SchedulerState } from './state.ts';
import { rowsOf } from './task-rows.ts';
import {
  CHECK,
  COMPARE,
  FIRST_RESULT,
  HEDGE,
  HEDGED,
  KIND,
  LEASE,
  NO_CHECK,
  QUEUE,
  ROWS,
  SECOND_RESULT,
  START,
} from './task-table.ts';

/** Crashes where the state contradicts itself. Reads all of it: for tests and simulations. */
export function checkInvariants(state: SchedulerState): void {
  assert(state.jobs.size <= OPEN_JOBS_MAX, 'open jobs within their limit');
  let waiting = 0;
  let held = 0;
  let open = 0;
  let unjudged = 0;
  for (const job of [...state.jobs.values(), ...state.remains]) {
    waiting += checkJob(state, job);
    held += job.stage.leasesOut + job.stage.resultsUnjudged;
    unjudged += job.stage.resultsUnjudged;
    open += job.tasks.size;
    assert(state.jobSlots[job.slot] === job, 'a job is in its slot');
  }
  assert(state.tasksWaiting === waiting, `${state.tasksWaiting} waiting, found ${waiting}`);
  assert(state.leases.open === held, `${state.leases.open} leases, found ${held}`);
  assert(state.tasks.open === open, `${state.tasks.open} tasks, found ${open}`);
  assert(state.resultsUnjudged === unjudged, 'unjudged results agree');
  for (const agent of state.agents.values()) checkAgent(state, agent);
  for (const [slot, agent] of state.agentSlots.entries()) {
    let found = 0;
    for (const { stage } of state.jobs.values()) found += stage.provisional.get(slot)?.length ?? 0;
    assert(found === (agent?.provisional ?? 0), 'provisional results are counted');
  }
  const present = [...state.agents.values()].filter((agent) => agent.presence !== null);
  for (const group of state.groups.values()) {
    const able = present.filter((agent) => isAble(agent, group)).length;
    assert(group.ableCount === able, `${group.ableCount} able, found ${able}`);
    const ofOrigin = countedOrigins(present.filter((agent) => isAble(agent, group)));
    assert(countsOf(group.ableOfOrigin) === ofOrigin, 'able agents are counted by their origin');
    assert(group.jobs.size > 0, 'a group has a job');
    for (const [kind, lists] of group.lone) {
      assert(lists.size > 0, 'a heap has a list');
      const areOfIt = lists.items().every((list) => {
        return list.job.stage.group === group && list.job.stage.lone.get(kind) === list;
      });
      assert(areOfIt, 'lists are offered by jobs of the group');
    }
  }
  assert(present.length === state.sessions.size, 'one session for each agent present');
  assert(state.silenceDeadlines.size === present.length, 'each session may fall silent');
  let lastMs = 0;
  for (const lease of state.leases.byTime.of(state.leases.deadlines)) {
    const deadlineAtMs = state.leases.records.float(lease, DEADLINE_AT);
    assert(deadlineAtMs >= lastMs, 'leases expire in order');
    lastMs = deadlineAtMs;
  }
  for (const { atMs } of state.retries.items()) {
    assert(atMs <= state.nowMs + RETRY_PAUSE_MS_MAX, 'a pause is within its limit');
  }
}

/** Checks a job and counts its waiting tasks. */
function checkJob(state: SchedulerState, job: Job): number {
  const { stage } = job;
  const { group, fresh } = stage;
  let leased = 0;
  let unjudged = 0;
  let returned = 0;
  const rows = [...fresh.ranges()];
  for (const task of state.tasks.ofJob.of(job.tasks)) {
    const { records } = state.tasks;
    if (!job.ended) checkTask(state, job, task);
    for (const word of [LEASE, HEDGE]) if (records.int(task, word) !== NONE) leased++;
    for (const word of [FIRST_RESULT, SECOND_RESULT]) {
      if (records.int(task, word) !== NONE) unjudged++;
    }
    if (records.int(task, QUEUE) !== NONE) returned++;
    const start = records.float(task, START);
    rows.push({ start, end: start + records.int(task, ROWS) });
  }
  assert(stage.leasesOut === leased, `${stage.leasesOut} leases out, found ${leased}`);
  assert(stage.resultsUnjudged === unjudged, 'unjudged results agree');
  checkLone(state, job);
  const holders = [...state.tasks.ofJob.of(job.tasks)]
    .flatMap((task) => [LEASE, HEDGE].map((word) => state.tasks.records.int(task, word)))
    .flatMap((lease) => (lease === NONE ? [] : agentOfLease(state, lease)));
  assert(countsOf(stage.outOfOrigin) === countedOrigins(holders), 'leases are counted by origin');
  if (job.ended) return returned;
  for (const result of stage.accepted.inOrder()) rows.push(result.rows);
  if (stage.finished) assert(stage.provisional.size === 0, 'what is sealed is not provisional');
  checkProvisional(job);
  checkRows(rows, stage.rowsClaimed);
  assert(stage.finished === (stage.rowsAccepted === stage.rowsClaimed), 'finished when all are in');
  assert(group.open.has(job) === (fresh.count > 0 || returned > 0), 'open while tasks wait');
  assert(group.fresh.has(job) === fresh.count > 0, 'listed while rows are fresh');
  const isClosing = fresh.count === 0 && returned === 0 && leased > 0;
  assert(job.closing === isClosing, 'closing while the last tasks are out');
  return stage.freshTasks + returned;
}

function countedOrigins(agents: readonly Agent[]): string {
  const counts = new Map<string, number>();
  for (const { origin } of agents) countOrigin(counts, origin, 1);
  return countsOf(counts);
}

function countsOf(counts: ReadonlyMap<string, number>): string {
  return Array.from(counts, ([origin, count]) => `${origin}: ${count}`)
    .sort()
    .join();
}

function checkProvisional({ stage }: Job): void {
  const known = Array.from(stage.provisional, ([slot, indexes]) => {
    return `${slot}: ${indexes.toSorted((a, b) => a - b)}`;
  });
  const found = Array.from(
    stage.accepted.provisional(),
    ([slot, indexes]) => `${slot}: ${indexes}`,
  );
  assert(`${known.sort()}` === `${found.sort()}`, 'provisional results are known by their agents');
}

/** Each task that one agent is at is on its list, by granting; lists are offered that may be. */
function checkLone(state: SchedulerState, job: Job): void {
  const { records, alone, ofJob } = state.tasks;
  const lone = [...ofJob.of(job.tasks)].filter((task) => {
    return records.int(task, LEASE) !== NONE && !state.tasks.has(task, HEDGED);
  });
  let listed = 0;
  for (const [kind, list] of job.stage.lone) {
    const tasks = lone.filter((task) => records.int(task, KIND) === kind);
    assert(tasks.length > 0, 'a list has a task');
    assert(`${tasks}` === `${[...alone.of(list.tasks)]}`, 'lone tasks are listed in order');
    listed += tasks.length;
    const [first] = tasks;
    const isOffered =
      job.closing && first !== undefined && mayHedge(job.stage, rowsOf(state, first));
    const isFound = job.stage.group.lone.get(kind)?.has(list) ?? false;
    assert(isFound === isOffered, 'lists of closing jobs are offered');
    if (!isFound || first === undefined) continue;
    const grantedAtMs = state.leases.records.float(records.int(first, LEASE), GRANTED_AT);
    assert(list.sinceMs === grantedAtMs, 'a list stands where its first was granted');
  }
  assert(listed === lone.length, `${listed} lone tasks are listed, found ${lone.length}`);
}

/** Each row is somewhere, once. */
function checkRows(rows: { start: number; end: number }[], claimed: number): void {
  rows.sort((a, b) => a.start - b.start);
  let count = 0;
  let last = 0;
  for (const { start, end } of rows) {
    assert(start >= last, `row ${start} is in two places`);
    last = end;
    count += end - start;
  }
  assert(count === claimed, `${claimed} rows claimed, found ${count}`);
}

function checkTask(state: SchedulerState, job: Job, task: number): void {
  const int = (word: number): number => state.tasks.records.int(task, word);
  const states = [int(LEASE) !== NONE, int(CHECK) !== NO_CHECK, int(QUEUE) !== NONE];
  assert(states.filter(Boolean).length === 1, 'a task is leased, waiting or being checked');
  assert(int(HEDGE) === NONE || int(LEASE) !== NONE, 'a second lease has a first');
  const tries = state.tries.get(task) ?? [];
  assert(tries.length < TASK_ATTEMPTS_MAX, 'attempts within their limit');
  const leases = [LEASE, HEDGE, FIRST_RESULT, SECOND_RESULT].map(int).filter((one) => one !== NONE);
  const keys = leases.map((lease) => state.leases.records.int(lease, AGENT));
  assert(new Set(keys).size === keys.length, 'leases of one task are of different keys');
  for (const lease of leases) {
    assert(state.leases.records.int(lease, TASK) === task, 'a lease and its task agree');
  }
  const results = int(SECOND_RESULT) !== NONE ? 2 : int(FIRST_RESULT) !== NONE ? 1 : 0;
  if (int(CHECK) !== NO_CHECK) {
    assert(results === (int(CHECK) === COMPARE ? 2 : 1), 'results fit their check');
  }
  assert(!job.stage.finished, 'a finished stage has no open task');
}

function checkAgent(state: SchedulerState, agent: Agent): void {
  assert(state.agentSlots[agent.slot] === agent, 'an agent is in its slot');
  assert(agent.out.size <= LEASES_PER_AGENT_MAX, 'leases within their limit');
  for (const lease of state.leases.ofAgent.of(agent.out)) {
    assert(state.leases.records.int(lease, STATE) === OUT, 'what an agent holds is out');
  }
  for (const lease of state.leases.ofAgent.of(agent.unjudged)) {
    assert(state.leases.records.int(lease, STATE) === REPORTED, 'what waits was reported');
  }
  if (agent.presence === null) assert(agent.out.size === 0, 'absent agents hold no lease');
  if (agent.quarantine === null) return;
  assert(agent.out.size === 0, 'quarantined agents hold no lease');
  assert(agent.unjudged.size === 0, 'quarantined agents have no result that may count');
  assert(agent.provisional === 0, 'quarantined agents have no result that may be revoked');
}

import type { Chain } from './chain.ts';
import { plainText } from './plain-text.ts';
import type { SlotLinks, SlotList } from './slot-list.ts';
import type { Agent, Job, RequirementGroup, SchedulerState } from './state.ts';
import { checkRequest } from './task-course.ts';
import {
  CHECK,
  FIRST_RESULT,
  FLAGS,
  HEDGE,
  LEASE,
  OPINION_SINCE,
  QUEUE,
  SECOND_RESULT,
  SINCE,
} from './task-table.ts';
import { AGENT, DEADLINE_AT, EXPECTED_MS, GRANTED_AT, SEED, STATE } from './lease-table.ts';

/**
 * All that decides what the scheduler will do, as text: equal for equal states.
 *
 * For tests and for finding where two replays part; it is as long as the state.
 */
export function digestState(state: SchedulerState): string {
  const { seed, rules, nowMs, jobCount, queueCount, served, tasksWaiting, resultsUnjudged } = state;
  const { tasks, leases } = state;
  return [
    line('scheduler', [
      seed,
      rules,
      nowMs,
      jobCount,
      queueCount,
      served,
      tasksWaiting,
      resultsUnjudged,
    ]),
    ...[...state.jobs.values(), ...state.remains].flatMap((job) => linesOfJob(state, job)),
    ...[...state.endedJobs.values()].map(({ number, view }) => line('ended', [number, view])),
    ...[...state.groups.values()].map(lineOfGroup),
    ...sortedByKey(state.offers).map((offer) => {
      const { key, agentCount, laneCount, deviceCount, groups } = offer;
      const names = Array.from(groups, (group) => group.key);
      return line('offer', [key, agentCount, laneCount, deviceCount, names]);
    }),
    ...sortedByKey(state.devices).map(({ key, agentCount }) => line('device', [key, agentCount])),
    ...[...state.agents.values()].map((agent) => lineOfAgent(state, agent)),
    line('sessions', [...state.sessions.keys()]),
    line('agent slots', [state.agentSlots.length, state.freeAgentSlots]),
    line(
      'job slots',
      state.jobSlots.flatMap((job) => (job === null ? [] : [[job.slot, job.id]])),
    ),
    line(
      'leases',
      slots(leases.byTime, leases.deadlines).map((lease) => lineOfLease(state, lease)),
    ),
    line(
      'over',
      slots(leases.byTime, leases.over).map((lease) => lineOfLease(state, lease)),
    ),
    line('free', slots(tasks.inQueue, tasks.free)),
    line('silences', idsOf(state.silenceDeadlines)),
    line('second opinions', slots(tasks.byOpinion, state.secondOpinions)),
    line(
      'retries',
      state.retries
        .items()
        .map(({ atMs, number }) => [atMs, number])
        .sort(),
    ),
    line(
      'deadlines',
      state.jobDeadlines
        .items()
        .map(({ id }) => id)
        .sort(),
    ),
    line(
      'quarantines',
      state.quarantineEnds.smallest(Infinity).map(({ id }) => id),
    ),
    line('absent', idsOf(state.absentAgents)),
    ...[...state.contents.values()].map(({ id, byteLength, jobs }) => {
      return line('content', [id, byteLength, Array.from(jobs, (job) => job.id)]);
    }),
  ].join('\n');
}

function linesOfJob(state: SchedulerState, job: Job): string[] {
  const { stage } = job;
  const open = slots(state.tasks.ofJob, job.tasks);
  return [
    line('job', [job.id, job.slot, job.number, job.name, job.workload, job.checking]),
    line(' terms', [job.stageCount, job.weight, job.deadlineAtMs, job.contributor]),
    line(' course', [job.submittedAtMs, job.running, job.ended, job.served]),
    line(' contributors', [...job.contributors]),
    line(' stage', [stage.plan, stage.rowsClaimed, stage.finished, stage.accepted.inOrder()]),
    line(' fresh', [stage.fresh.ranges(), stage.fresh.count, stage.freshTasks, stage.taskCount]),
    line(' counts', [stage.tasksAccepted, stage.rowsAccepted, stage.leasesOut, stage.rowsHedged]),
    line(' unjudged', stage.resultsUnjudged),
    line(' verified', [stage.rowsSampled, stage.rowsAgreed]),
    ...(stage.checksPassed ? [line(' checks', stage.checksPassed)] : []),
    line(
      ' provisional',
      Array.from(stage.provisional, ([slot, indexes]) => [slot, indexes.toSorted(byValue)]).sort(),
    ),
    ...[...stage.returned].map((queue) =>
      line(' queue', [queue.number, queue.key, slots(state.tasks.inQueue, queue.tasks)]),
    ),
    ...Array.from(stage.lone.values(), ({ kind, tasks }) =>
      line(' lone', [kind, slots(state.tasks.alone, tasks)]),
    ).sort(),
    ...open.map((task) => lineOfTask(state, task)),
  ];
}

function lineOfTask(state: SchedulerState, task: number): string {
  const { records } = state.tasks;
  const words = [LEASE, HEDGE, FIRST_RESULT, SECOND_RESULT, CHECK, QUEUE, FLAGS];
  const held = words.map((word) => records.int(task, word));
  const since = [records.float(task, SINCE), records.float(task, OPINION_SINCE)];
  return line(' task', [task, checkRequest(state, task), held, since, state.tries.get(task) ?? []]);
}

function lineOfLease(state: SchedulerState, lease: number): unknown {
  const { records } = state.leases;
  const words = [AGENT, STATE, EXPECTED_MS, SEED].map((word) => records.int(lease, word));
  const times = [records.float(lease, GRANTED_AT), records.float(lease, DEADLINE_AT)];
  return [state.leases.numberOf(lease), words, times];
}

function lineOfGroup(group: RequirementGroup): string {
  const jobs = Array.from(group.jobs, ({ id }) => id);
  const open = group.open.smallest(Infinity).map(({ id }) => id);
  const fresh = group.fresh.smallest(Infinity).map(({ id }) => id);
  const offered = Array.from(group.lone, ([kind, lists]) => {
    return [kind, lists.smallest(Infinity).map(({ job, sinceMs }) => [job.id, sinceMs])] as const;
  });
  const lone = offered.sort(([a], [b]) => a - b);
  return line('group', [group.key, group.ableCount, group.ableLanes, jobs, open, fresh, lone]);
}

function lineOfAgent({ leases }: SchedulerState, agent: Agent): string {
  const { id, slot, presence, accepted, rejected, quarantine, slowness, contents } = agent;
  const seen = presence && [presence.session, presence.joinedAtMs, presence.lastSeenAtMs];
  const held = [slots(leases.ofAgent, agent.out), slots(leases.ofAgent, agent.unjudged)];
  const { record, offences, provisional, origin, trusted, canary } = agent;
  const known = [[...(slowness ?? [])], contents];
  const marks = [record, offences, provisional, origin, trusted, canary];
  return line('agent', [id, slot, seen, accepted, rejected, quarantine, held, known, marks]);
}

function byValue(a: number, b: number): number {
  return a - b;
}

/** The order of devices and offers decides nothing. */
function sortedByKey<Item>(items: ReadonlyMap<string, Item>): Item[] {
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function line(name: string, value: unknown): string {
  return `${name} ${plainText(value)}`;
}

function slots(links: SlotLinks, list: SlotList): number[] {
  return [...links.of(list)];
}

function idsOf(agents: Chain<Agent>): string[] {
  return Array.from(agents, ({ id }) => id);
}

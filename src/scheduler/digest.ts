import type { Chain } from './chain.ts';
import type { Agent, Job, SchedulerState, Task } from './state.ts';

/**
 * All that decides what the scheduler will do, as text: equal for equal states.
 *
 * For tests and for finding where two replays part; it is as long as the state.
 */
export function digestState(state: SchedulerState): string {
  const { seed, nowMs, leaseCount, jobCount, turnCount, tasksWaiting } = state;
  return [
    line('scheduler', [seed, nowMs, leaseCount, jobCount, turnCount, tasksWaiting]),
    ...[...state.jobs.values()].flatMap(linesOfJob),
    ...[...state.endedJobs.values()].map(({ number, view }) => line('ended', [number, view])),
    ...[...state.groups.values()].map((group) =>
      line('group', [group.key, group.ableCount, numbersOf(group.open)]),
    ),
    ...[...state.capabilities].map(([key, { agentCount }]) => line('offer', [key, agentCount])),
    ...[...state.agents.values()].map(lineOfAgent),
    line(
      'leases',
      [...state.leaseDeadlines].map((lease) => [lease.number, lease.deadlineAtMs]),
    ),
    line('silences', idsOf(state.silenceDeadlines)),
    line('second opinions', namesOf(state.secondOpinionDeadlines)),
    line('retry pauses', namesOf(state.retryPauses)),
    line('quarantines', idsOf(state.quarantineEnds)),
    line('absent', idsOf(state.absentAgents)),
    line('settled', state.settledLeases),
  ].join('\n');
}

function linesOfJob(job: Job): string[] {
  const { stage } = job;
  const accepted = stage.accepted === null ? null : [...stage.accepted];
  return [
    line('job', [job.id, job.number, job.name, job.workload, job.checking, job.stageCount]),
    line(' course', [job.submittedAtMs, job.running, job.turn, job.openLink !== null]),
    line(' contributors', [...job.contributors]),
    line(' stage', [stage.plan, stage.nextFresh, stage.finished, accepted]),
    line(' counts', [stage.tasksAccepted, stage.rowsAccepted, stage.leasesOut]),
    line(' unjudged', stage.resultsUnjudged),
    ...[...stage.returned].map((queue) => line(' queue', [queue.key, namesOf(queue.tasks)])),
    ...[...stage.tasks.values()].map(lineOfTask),
  ];
}

function lineOfTask(task: Task): string {
  const { index, lease, results, check, failedTries, wait } = task;
  const held = [lease?.number ?? null, results.map((result) => result.number)];
  const waits = [wait?.sinceMs ?? null, task.secondOpinionUntilMs, task.secondOpinionOverdue];
  return line(' task', [index, held, check, failedTries, waits]);
}

function lineOfAgent(agent: Agent): string {
  const { id, presence, accepted, rejected, quarantine } = agent;
  const seen = presence && [presence.session, presence.joinedAtMs, presence.lastSeenAtMs];
  const leases = [...agent.leases].map((lease) => lease.number);
  const unjudged = [...agent.unjudged].map((lease) => lease.number);
  return line('agent', [id, seen, accepted, rejected, quarantine, leases, unjudged]);
}

function line(name: string, value: unknown): string {
  return `${name} ${JSON.stringify(value)}`;
}

function numbersOf(jobs: Chain<Job>): number[] {
  return [...jobs].map((job) => job.number);
}

function idsOf(agents: Chain<Agent>): string[] {
  return [...agents].map((agent) => agent.id);
}

function namesOf(tasks: Chain<Task>): string[] {
  return [...tasks].map((task) => `${task.job.number}/${task.index}`);
}

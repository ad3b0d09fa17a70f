import type { Capability } from '../domain/capability.ts';
import type { CheckingPolicy } from '../domain/checking.ts';
import type { FailureCode } from '../domain/failure.ts';
import type { AgentId, JobId, LeaseId, SessionId } from '../domain/ids.ts';
import type { JobView, WorkloadSpec } from '../domain/job.ts';
import { Chain, type Link } from './chain.ts';
import type { CheckMode } from './effect.ts';
import type { StagePlan } from './event.ts';

/**
 * Everything the scheduler knows. Only `step` changes it; shells read it through the queries.
 *
 * Each chain of deadlines holds deadlines of one duration, so its first comes due first.
 */
export type SchedulerState = {
  readonly seed: number;
  /** Instant of the last event that changed anything. Time never goes back in here. */
  nowMs: number;
  /** Leases granted so far: the next lease's number. */
  leaseCount: number;
  /** Jobs submitted so far: the next job's place in the list. */
  jobCount: number;
  /** Turns of jobs so far; see open-jobs.ts. */
  turnCount: number;
  tasksWaiting: number;
  /** Queued or running, in the order of submission. */
  readonly jobs: Map<JobId, Job>;
  /** The last ENDED_JOBS_MAX that ended, in the order of ending. */
  readonly endedJobs: Map<JobId, EndedJob>;
  readonly groups: Map<string, RequirementGroup>;
  readonly capabilities: Map<string, CapabilityClass>;
  /** Present agents, and absent ones whose key has a history. */
  readonly agents: Map<AgentId, Agent>;
  readonly sessions: Map<SessionId, Agent>;
  /** Leases that are out, or reported and not yet judged. */
  readonly leases: Map<LeaseId, Lease>;
  /** Lease number n is remembered at n modulo SETTLED_LEASES_MAX. */
  readonly settledLeases: SettledLease[];
  readonly leaseDeadlines: Chain<Lease>;
  readonly silenceDeadlines: Chain<Agent>;
  readonly secondOpinionDeadlines: Chain<Task>;
  readonly retryPauses: Chain<Task>;
  readonly quarantineEnds: Chain<Agent>;
  /** Absent agents, those gone longest first. */
  readonly absentAgents: Chain<Agent>;
};

export type Job = {
  readonly id: JobId;
  readonly name: string;
  readonly workload: WorkloadSpec['kind'];
  readonly checking: CheckingPolicy;
  readonly stageCount: number;
  readonly submittedAtMs: number;
  /** Its place among all jobs ever submitted. */
  readonly number: number;
  readonly contributors: Set<AgentId>;
  /** A task of it has been leased. */
  running: boolean;
  stage: Stage;
  /** When it was last served, among jobs of its group with waiting tasks. */
  turn: number;
  /** Its place in its group, while it has waiting tasks. */
  openLink: Link<Job> | null;
};

export type EndedJob = { readonly number: number; readonly view: JobView };

/** The stage at work. A task has an object only from its first lease until it is accepted. */
export type Stage = {
  readonly plan: StagePlan;
  readonly group: RequirementGroup;
  readonly taskCount: number;
  /** Tasks from this index on were never leased. */
  nextFresh: number;
  readonly tasks: Map<number, Task>;
  /** Waiting tasks that were leased before. */
  readonly returned: Chain<ReturnedTasks>;
  readonly returnedByKey: Map<string, ReturnedTasks>;
  /** By task index, 1 + the number of the accepted lease; made when the first is accepted. */
  accepted: Float64Array | null;
  tasksAccepted: number;
  rowsAccepted: number;
  leasesOut: number;
  resultsUnjudged: number;
  /** All accepted; the shell assembles. */
  finished: boolean;
};

export type Task = {
  readonly job: Job;
  readonly index: number;
  /** The lease that is out. */
  lease: Lease | null;
  /** Reported and not yet judged, of different keys: at most two. */
  results: Lease[];
  /** Requested and without verdict. */
  check: CheckMode | null;
  /** Tries that came to nothing: the evidence. */
  failedTries: FailedTry[];
  /** Since when it waits, and where; null while it does not. */
  wait: Wait | null;
  /** While its first result waits for a second key, and when that wait ends. */
  secondOpinionLink: Link<Task> | null;
  secondOpinionUntilMs: number;
  /** Nobody took the second opinion in time: the next result that is lost is not waited for. */
  secondOpinionOverdue: boolean;
};

export type Wait = {
  readonly sinceMs: number;
  readonly in: ReturnedTasks;
  readonly link: Link<Task>;
  /** Until RETRY_PAUSE_MS are over, where somebody failed it. */
  pauseLink: Link<Task> | null;
};

export type FailedTry = {
  readonly agent: AgentId;
  readonly code: FailureCode;
  readonly message: string;
  /** Nothing was heard: that is no reason to keep the task from the same agent. */
  readonly lost: boolean;
};

/** Waiting tasks of one stage that the same agents should not get: one queue for all of them. */
export type ReturnedTasks = {
  readonly key: string;
  /** Gave the first result: must never give the second. */
  readonly author: AgentId | null;
  /** Tried and failed: others go first. */
  readonly failers: readonly AgentId[];
  readonly tasks: Chain<Task>;
  /** Its place among the stage's queues, while it has tasks. */
  link: Link<ReturnedTasks> | null;
};

export type Lease = {
  readonly id: LeaseId;
  readonly number: number;
  readonly agent: Agent;
  readonly task: Task;
  readonly grantedAtMs: number;
  /** While it is out. */
  deadlineAtMs: number;
  deadlineLink: Link<Lease> | null;
};

/** What is left of a lease that is over; `reported`: its result was taken. */
export type SettledLease = {
  readonly number: number;
  readonly agent: AgentId;
  readonly reported: boolean;
};

export type Agent = {
  readonly id: AgentId;
  presence: Presence | null;
  accepted: number;
  rejected: number;
  readonly leases: Set<Lease>;
  readonly unjudged: Set<Lease>;
  quarantine: { readonly untilMs: number; readonly reason: string } | null;
  absentLink: Link<Agent> | null;
};

export type Presence = {
  readonly session: SessionId;
  readonly capability: Capability;
  readonly offer: Offer;
  readonly joinedAtMs: number;
  lastSeenAtMs: number;
  silenceLink: Link<Agent>;
};

/** What matching needs of a capability: a bit for each primitive, and memory for one task. */
export type Offer = { readonly primitiveBits: number; readonly laneBytes: number };

/** Agents that may be given tasks and offer the same. */
export type CapabilityClass = { readonly offer: Offer; agentCount: number };

/** The open jobs of one requirement, and how many agents may be given their tasks. */
export type RequirementGroup = {
  readonly key: string;
  readonly primitiveBits: number;
  readonly memoryBytes: number;
  readonly jobs: Set<Job>;
  /** Jobs with waiting tasks, by turn. */
  readonly open: Chain<Job>;
  ableCount: number;
};

/** A scheduler to which nothing has happened. `seed` decides its lease ids. */
export function createScheduler(seed: number): SchedulerState {
  return {
    seed,
    nowMs: 0,
    leaseCount: 0,
    jobCount: 0,
    turnCount: 0,
    tasksWaiting: 0,
    jobs: new Map(),
    endedJobs: new Map(),
    groups: new Map(),
    capabilities: new Map(),
    agents: new Map(),
    sessions: new Map(),
    leases: new Map(),
    settledLeases: [],
    leaseDeadlines: new Chain(),
    silenceDeadlines: new Chain(),
    secondOpinionDeadlines: new Chain(),
    retryPauses: new Chain(),
    quarantineEnds: new Chain(),
    absentAgents: new Chain(),
  };
}

import type { Capability } from '../domain/capability.ts';
import type { CheckingPolicy, CheckSet } from '../domain/checking.ts';
import type { FailureCode } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { JobView, WorkloadSpec } from '../domain/job.ts';
import { Chain, type Link } from './chain.ts';
import type { StagePlan } from './event.ts';
import { Heap, type Place } from './heap.ts';
import { LeaseTable, SERIALS } from './lease-table.ts';
import type { LoneTasks } from './lone-tasks.ts';
import type { AcceptedRows, FreshRows } from './row-ranges.ts';
import { FIRST_RULES } from './rules.ts';
import { newList, type SlotList } from './slot-list.ts';
import { TaskTable } from './task-table.ts';

/**
 * Everything the scheduler knows. Only `step` changes it; shells read it through the queries.
 *
 * Tasks and leases, of which there may be millions, are records in tables, named by their slot;
 * jobs and agents are objects. Each list of deadlines holds deadlines of one duration, so its first
 * comes due first; those of many durations stand in heaps.
 */
export type SchedulerState = {
  /** Of the ids of leases whose requests name none, as in logs from before they did. */
  readonly seed: number;
  /** By which it decides: see rules.ts. */
  rules: number;
  /** Instant of the last event. Time never goes back in here. */
  nowMs: number;
  /** Jobs submitted so far: the next job's place in the list. */
  jobCount: number;
  /** Queues of waiting tasks made so far. */
  queueCount: number;
  /** How far service has come: a job that opens does not begin behind this. See fair-share.ts. */
  served: number;
  /** Tasks that wait for an agent: returned ones, and an estimate of those not cut yet. */
  tasksWaiting: number;
  resultsUnjudged: number;
  readonly tasks: TaskTable;
  readonly leases: LeaseTable;
  /** Queued or running, in the order of submission. */
  readonly jobs: Map<JobId, Job>;
  /** Open jobs, and ended ones of which tasks are left, by slot. */
  readonly jobSlots: (Job | null)[];
  /** Ended jobs of which tasks are left to be cleared away, the oldest first. */
  readonly remains: Job[];
  /** The last ENDED_JOBS_MAX that ended, in the order of ending. */
  readonly endedJobs: Map<JobId, EndedJob>;
  readonly groups: Map<string, RequirementGroup>;
  readonly offers: Map<string, OfferClass>;
  /** Capabilities of those present: the same object for the same device. */
  readonly devices: Map<string, Device>;
  /** Present agents, and absent ones whose key has a history. */
  readonly agents: Map<AgentId, Agent>;
  readonly agentSlots: (Agent | null)[];
  readonly freeAgentSlots: number[];
  readonly sessions: Map<SessionId, Agent>;
  /** Queues of waiting tasks by number. */
  readonly queues: Map<number, ReturnedTasks>;
  /** What failed tasks went through, by slot. */
  readonly tries: Map<number, FailedTry[]>;
  /** Contents that open stages need, by content id. */
  readonly contents: Map<string, Content>;
  readonly silenceDeadlines: Chain<Agent>;
  readonly secondOpinions: SlotList;
  readonly retries: Heap<Retry>;
  readonly jobDeadlines: Heap<Job>;
  readonly quarantineEnds: Heap<Agent>;
  /** Absent agents, those gone longest first. */
  readonly absentAgents: Chain<Agent>;
};

export type Job = {
  readonly id: JobId;
  readonly slot: number;
  readonly name: string;
  readonly workload: WorkloadSpec['kind'];
  readonly checking: CheckingPolicy;
  readonly stageCount: number;
  readonly submittedAtMs: number;
  /** Its place among all jobs ever submitted. */
  readonly number: number;
  readonly weight: number;
  readonly deadlineAtMs: number | null;
  /** The key that its producer computes with for others. */
  readonly contributor: AgentId | null;
  readonly contributors: Set<AgentId>;
  /** A task of it has been leased. */
  running: boolean;
  ended: boolean;
  stage: Stage;
  /** Its tasks between their first lease and their end, the one leased longest ago first. */
  readonly tasks: SlotList;
  /** Service that it had, in ms of computing over its weight. */
  served: number;
  /** Its places among the jobs of its group: with waiting tasks, with fresh rows. */
  readonly openPlace: Place;
  readonly freshPlace: Place;
  readonly deadlinePlace: Place;
  /** None of its tasks waits, and some are with agents. */
  closing: boolean;
};

export type EndedJob = { readonly number: number; readonly view: JobView };

/** The stage at work. */
export type Stage = {
  readonly plan: StagePlan;
  readonly group: RequirementGroup;
  readonly contents: readonly Content[];
  /** Rows that are this scheduler's to have computed. */
  rowsClaimed: number;
  /** Rows that no task has. */
  readonly fresh: FreshRows;
  /** How many tasks the fresh rows are counted as. */
  freshTasks: number;
  /** Tasks cut so far: the next one's index. */
  taskCount: number;
  /** Waiting tasks that were leased before. */
  readonly returned: Chain<ReturnedTasks>;
  readonly returnedByKey: Map<string, ReturnedTasks>;
  readonly accepted: AcceptedRows;
  /** Indexes of accepted results that may yet be revoked, by the slot of their agent. */
  readonly provisional: Map<number, number[]>;
  /** Of the accepted rows, those of which only some were verified, and those on which two agreed. */
  rowsSampled: number;
  rowsAgreed: number;
  /** What every accepted result passed; null before the first. */
  checksPassed: CheckSet | null;
  tasksAccepted: number;
  rowsAccepted: number;
  leasesOut: number;
  /** Of these, leases by the address range of their agents; see origins.ts. */
  readonly outOfOrigin: Map<string, number>;
  resultsUnjudged: number;
  rowsHedged: number;
  /** Tasks that one agent is at, by kind; no list is empty. See lone-tasks.ts. */
  readonly lone: Map<number, LoneTasks>;
  /** The list of them used last: most often it is the next, too. */
  loneLatest: LoneTasks | null;
  /** All accepted; the shell assembles. */
  finished: boolean;
};

export type FailedTry = {
  readonly agent: AgentId;
  readonly code: FailureCode;
  readonly message: string;
  /**
   * failed: its agent could not compute it; others go first, behind a pause.
   * rejected: the result was wrong. lost: nothing was heard, which is no reason to keep the task
   * from the same agent.
   */
  readonly kind: 'failed' | 'rejected' | 'lost';
};

/** Waiting tasks of one stage that the same agents should not get: one queue for all of them. */
export type ReturnedTasks = {
  readonly number: number;
  readonly key: string;
  /** Gave the first result: must never give the second. */
  readonly author: AgentId | null;
  /** Tried and failed: others go first. */
  readonly failers: readonly AgentId[];
  readonly tasks: SlotList;
  /** Its place among the stage's queues, while it has tasks. */
  link: Link<ReturnedTasks> | null;
};

/** A waiting task may be tried again by somebody to whom it was refused until then. */
export type Retry = { readonly atMs: number; readonly number: number; readonly place: Place };

export type Agent = {
  readonly id: AgentId;
  readonly slot: number;
  presence: Presence | null;
  accepted: number;
  rejected: number;
  /** Results accepted since the last that was rejected. */
  record: number;
  /** Quarantines that its own results brought about, but for those undone. */
  offences: number;
  /** Accepted results of it that may yet be revoked. */
  provisional: number;
  /** Address range; null: shared with nobody. */
  origin: string | null;
  trusted: boolean;
  canary: boolean;
  readonly out: SlotList;
  readonly unjudged: SlotList;
  quarantine: Quarantine | null;
  readonly quarantinePlace: Place;
  /** Times that it takes for what the plan expects to take one, by kind of work; see speed.ts. */
  slowness: Map<number, number> | null;
  /** Ids of what it fetched for tasks of this session, the latest last. */
  contents: string[];
  absentLink: Link<Agent> | null;
};

/** `since`: when it began here, and the record that it ended; absent in what came from elsewhere. */
export type Quarantine = {
  readonly untilMs: number;
  readonly reason: string;
  readonly since?: { readonly atMs: number; readonly record: number };
};

export type Presence = {
  readonly session: SessionId;
  readonly device: Device;
  readonly joinedAtMs: number;
  lastSeenAtMs: number;
  readonly silenceLink: Link<Agent>;
};

/** A kind of device: agents whose capability is the same share one. */
export type Device = {
  readonly key: string;
  readonly capability: Capability;
  readonly offer: OfferClass;
  agentCount: number;
};

/** What matching needs of a capability, of one task. */
export type Offer = {
  /** A bit for each primitive. */
  readonly primitiveBits: number;
  readonly laneBytes: number;
};

/** Agents that may be given tasks and offer the same. */
export type OfferClass = Offer & {
  readonly key: string;
  agentCount: number;
  /** Of these, agents by their address range. */
  readonly agentsOfOrigin: Map<string, number>;
  laneCount: number;
  /** Devices that refer to it. */
  deviceCount: number;
  /** Whose needs it covers. */
  readonly groups: Set<RequirementGroup>;
};

/** The open jobs of one requirement, and how many agents may be given their tasks. */
export type RequirementGroup = {
  readonly key: string;
  readonly primitiveBits: number;
  readonly memoryBytes: number;
  readonly jobs: Set<Job>;
  /** Jobs with waiting tasks, the one that had least service first. */
  readonly open: Heap<Job>;
  /** Those of them with rows that no task has, which are for anybody; in the same order. */
  readonly fresh: Heap<Job>;
  /** Tasks of closing jobs of which a straggler may be given to a second agent, by kind. */
  readonly lone: Map<number, Heap<LoneTasks>>;
  ableCount: number;
  /** Of these, agents by their address range. */
  readonly ableOfOrigin: Map<string, number>;
  ableLanes: number;
};

/** A model or whole input that tasks need, and the open jobs whose stage at work needs it. */
export type Content = { readonly id: string; readonly byteLength: number; readonly jobs: Set<Job> };

/**
 * A scheduler to which nothing has happened.
 *
 * `epoch` counts the schedulers over one database, and says where numbers of leases begin: a log is
 * followed with the one that it was written with. Ids are told apart by the seeds of requests.
 */
export function createScheduler(seed: number, epoch = 0): SchedulerState {
  return {
    seed,
    rules: FIRST_RULES,
    nowMs: 0,
    jobCount: 0,
    queueCount: 0,
    served: 0,
    tasksWaiting: 0,
    resultsUnjudged: 0,
    tasks: new TaskTable(),
    leases: new LeaseTable((epoch % EPOCHS) * SERIALS_PER_EPOCH),
    jobs: new Map(),
    jobSlots: [],
    remains: [],
    endedJobs: new Map(),
    groups: new Map(),
    offers: new Map(),
    devices: new Map(),
    agents: new Map(),
    agentSlots: [],
    freeAgentSlots: [],
    sessions: new Map(),
    queues: new Map(),
    tries: new Map(),
    contents: new Map(),
    silenceDeadlines: new Chain(),
    secondOpinions: newList(),
    retries: new Heap({ isBefore: isTriedBefore, placeOf: (retry) => retry.place }),
    jobDeadlines: new Heap({ isBefore: isDueBefore, placeOf: (job) => job.deadlinePlace }),
    quarantineEnds: new Heap({
      isBefore: isFreedBefore,
      placeOf: (agent) => agent.quarantinePlace,
    }),
    absentAgents: new Chain(),
  };
}

export const SERIALS_PER_EPOCH = 2 ** 16;
/** All begin in the first half of what numbers have room for. */
const EPOCHS = SERIALS / 2 / SERIALS_PER_EPOCH;

function isTriedBefore(a: Retry, b: Retry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}

function isFreedBefore(a: Agent, b: Agent): boolean {
  const [aMs, bMs] = [a.quarantine?.untilMs ?? 0, b.quarantine?.untilMs ?? 0];
  return aMs < bMs || (aMs === bMs && a.slot < b.slot);
}

function isDueBefore(a: Job, b: Job): boolean {
  const [aAtMs, bAtMs] = [a.deadlineAtMs ?? Infinity, b.deadlineAtMs ?? Infinity];
  return aAtMs < bAtMs || (aAtMs === bAtMs && a.number < b.number);
}

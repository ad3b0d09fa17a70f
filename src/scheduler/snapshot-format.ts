import type { Capability } from '../domain/capability.ts';
import type { CheckingPolicy, CheckSet } from '../domain/checking.ts';
import type { AgentId, JobId } from '../domain/ids.ts';
import type { WorkloadSpec } from '../domain/job.ts';
import type { KeptView } from '../domain/kept-view.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { StagePlan } from './event.ts';
import type { SlotList } from './slot-list.ts';
import type { FailedTry, Quarantine } from './state.ts';

/** Version of what follows. A change of it gets a new number, and a way from the old. */
export const SNAPSHOT_VERSION = 2;

/**
 * A scheduler's state as bytes: the length of its head (u32, little-endian), the head as CBOR, then
 * the tables one behind the other. CBOR of a hundred million bytes would be copied several times.
 */
export const HEAD_LENGTH_BYTES = 4;

/** Where a table lies behind the head. */
export type TablePlace = { readonly at: number; readonly byteLength: number };

/**
 * The head: a state as plain data. Orders of lists, sets and maps are kept, because they
 * decide: the state that is made of it takes the same events to the same effects.
 */
export type Snapshot = {
  readonly v: number;
  readonly seed: number;
  readonly rules: number;
  readonly nowMs: number;
  readonly jobCount: number;
  readonly queueCount: number;
  readonly served: number;
  readonly tasksWaiting: number;
  readonly resultsUnjudged: number;
  readonly tasks: { readonly records: TablePlace; readonly free: SlotList };
  readonly leases: {
    readonly firstSerial: number;
    readonly records: TablePlace;
    readonly deadlines: SlotList;
    readonly over: SlotList;
  };
  /** Open jobs in the order of submission, then those of which only tasks are left. */
  readonly jobs: readonly JobRecord[];
  readonly endedJobs: readonly { readonly number: number; readonly view: KeptView }[];
  readonly groups: readonly GroupRecord[];
  readonly offers: readonly { readonly key: string; readonly groups: readonly string[] }[];
  readonly devices: readonly Capability[];
  readonly agents: AgentColumns;
  readonly tries: readonly (readonly [number, readonly FailedTry[]])[];
  readonly secondOpinions: SlotList;
  /** Instant and number of each. */
  readonly retries: readonly (readonly [number, number])[];
  /** Content ids, and the slots of the jobs that need them, in order. */
  readonly contents: readonly ContentRecord[];
};

export type ContentRecord = {
  readonly id: string;
  readonly byteLength: number;
  readonly jobs: readonly number[];
};

export type GroupRecord = {
  readonly key: string;
  /** Slots, in order. */
  readonly jobs: readonly number[];
};

export type JobRecord = {
  readonly id: JobId;
  readonly slot: number;
  readonly name: string;
  readonly workload: WorkloadSpec['kind'];
  readonly checking: CheckingPolicy;
  readonly stageCount: number;
  readonly submittedAtMs: number;
  readonly number: number;
  readonly weight: number;
  readonly deadlineAtMs: number | null;
  readonly contributor: AgentId | null;
  readonly contributors: readonly AgentId[];
  readonly running: boolean;
  readonly ended: boolean;
  readonly tasks: SlotList;
  readonly served: number;
  readonly stage: StageRecord;
};

export type StageRecord = {
  readonly plan: StagePlan;
  readonly rowsClaimed: number;
  readonly fresh: readonly RowRange[];
  readonly freshTasks: number;
  readonly taskCount: number;
  readonly queues: readonly QueueRecord[];
  readonly accepted: TablePlace;
  readonly rowsSampled: number;
  readonly rowsAgreed: number;
  /** Absent where results were accepted before it was told. */
  readonly checksPassed?: CheckSet | null;
  readonly tasksAccepted: number;
  readonly rowsAccepted: number;
  readonly leasesOut: number;
  readonly resultsUnjudged: number;
  readonly rowsHedged: number;
  readonly finished: boolean;
};

export type QueueRecord = {
  readonly number: number;
  readonly key: string;
  readonly author: AgentId | null;
  readonly failers: readonly AgentId[];
  readonly tasks: SlotList;
};

/** All agents, by columns: a hundred thousand of them as maps would take seconds. */
export type AgentColumns = {
  /** Ids in the order of the map, joined by spaces; so are sessions, '-' where absent. */
  readonly ids: string;
  readonly sessions: string;
  /** Float64: slot, accepted, rejected, joinedAtMs, lastSeenAtMs, device. */
  readonly numbers: Uint8Array;
  /** Int32: first, last and size of the leases that are out, then of the unjudged. */
  readonly lists: Uint8Array;
  /** Int32: record, offences, and 1 for trusted plus 2 for canary. */
  readonly marks: Uint8Array;
  /** Only of agents that have any, by slot. */
  readonly quarantines: readonly (readonly [number, Quarantine])[];
  readonly origins: readonly (readonly [number, string])[];
  readonly slowness: readonly (readonly [number, readonly (readonly [number, number])[]])[];
  readonly contents: readonly (readonly [number, readonly string[]])[];
  /** Slots, in order. */
  readonly freeSlots: readonly number[];
  readonly sessionOrder: Uint8Array;
  readonly silenceOrder: Uint8Array;
  readonly absentOrder: Uint8Array;
};

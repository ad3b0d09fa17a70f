import type { AgentId, JobId } from '../domain/ids.ts';
import type { FaultKind } from './faults/fault-kind.ts';
import { RollingHash } from './kernel/rolling-hash.ts';
import type { VirtualTime } from './kernel/virtual-time.ts';

/** Something that happened, as an onlooker saw it who sees no part of the system's state. */
export type HistoryRecord = { readonly atMs: number } & HistoryFact;

export type HistoryFact =
  | OrchestratorFact
  | EffectFact
  | AgentFact
  | ProducerFact
  | {
      readonly kind: 'fault';
      readonly fault: FaultKind;
      readonly phase: FaultPhase;
      readonly target: string;
    }
  /** From here on nothing is made to go wrong. */
  | { readonly kind: 'faults-over' }
  | {
      readonly kind: 'message';
      readonly call: string;
      readonly link: string;
      readonly fate: MessageFate;
    };

export type FaultPhase = 'moment' | 'begin' | 'end';
export type MessageFate = 'delivered' | 'delayed' | 'doubled' | 'lost' | 'cut';

type OrchestratorFact =
  /** `eventCount`: events that its store led it to. */
  | { readonly kind: 'orchestrator-began'; readonly life: number; readonly eventCount: number }
  | { readonly kind: 'orchestrator-crashed'; readonly life: number; readonly during: CrashPoint }
  /** Event `number` of the log, counted from 1, was taken in. */
  | { readonly kind: 'stepped'; readonly number: number; readonly event: string }
  /** What no system may show: an assertion that broke, an error that nobody expected. */
  | { readonly kind: 'bug'; readonly message: string }
  | { readonly kind: 'snapshot-saved'; readonly eventCount: number }
  /** A commit was refused: its disk is full. */
  | { readonly kind: 'commit-refused' }
  /** The check of results was made, by the system's own checker; the lease accepted, or ''. */
  | {
      readonly kind: 'checked';
      readonly leases: readonly string[];
      readonly share: number;
      readonly accepted: string;
    };

/** Where a process died: while it waited, or in a commit that was then lost, torn or durable. */
export type CrashPoint = 'wait' | 'commit-lost' | 'commit-torn' | 'commit-durable';

/** What the scheduler's effects told, in words that no version of it changes. */
type EffectFact =
  /** A report was taken in, with results of these leases. */
  | { readonly kind: 'results-taken'; readonly leases: readonly string[] }
  | {
      readonly kind: 'granted';
      readonly agent: AgentId;
      readonly lease: string;
      readonly job: JobId;
      readonly stage: number;
      readonly start: number;
      readonly end: number;
    }
  /** One request for tasks was answered with some. */
  | { readonly kind: 'request-granted'; readonly agent: AgentId; readonly tasks: number }
  /** `share` of the rows is to be recomputed; 0: two results are to be compared. */
  | {
      readonly kind: 'check-asked';
      readonly job: JobId;
      readonly leases: readonly string[];
      readonly agents: readonly AgentId[];
      readonly share: number;
    }
  | {
      readonly kind: 'task-accepted';
      readonly job: JobId;
      readonly stage: number;
      readonly start: number;
      readonly end: number;
      /** The result in use. */
      readonly lease: string;
      readonly agents: readonly AgentId[];
    }
  /** It was accepted for samples of it, and its agent was found to lie. */
  | {
      readonly kind: 'task-revoked';
      readonly job: JobId;
      readonly stage: number;
      readonly start: number;
      readonly end: number;
      readonly lease: string;
      readonly agent: AgentId;
    }
  | {
      readonly kind: 'stage-finished';
      readonly job: JobId;
      readonly stage: number;
      readonly leases: readonly string[];
      /** Start and end of the rows of each, one after the other. */
      readonly edges: readonly number[];
    }
  | { readonly kind: 'job-begun'; readonly job: JobId; readonly weight: number }
  | {
      readonly kind: 'stage-begun';
      readonly job: JobId;
      readonly stage: number;
      readonly rows: number;
      /** The planner's estimate for one lane of a modest device. */
      readonly msPerRow: number;
    }
  | {
      readonly kind: 'job-ended';
      readonly job: JobId;
      readonly end: string;
      readonly reason: string;
    }
  | { readonly kind: 'quarantined'; readonly agent: AgentId; readonly reason: string }
  | { readonly kind: 'session-ended'; readonly agent: AgentId; readonly reason: string };

export type AgentRole = 'honest' | 'liar' | 'flooder';

type AgentFact =
  | {
      readonly kind: 'agent-began';
      readonly agent: AgentId;
      readonly name: string;
      readonly role: AgentRole;
      readonly device: string;
    }
  | {
      readonly kind: 'agent-gone';
      readonly agent: AgentId;
      readonly how: 'vanished' | 'left' | 'ended';
    }
  | { readonly kind: 'lied'; readonly agent: AgentId; readonly lie: string }
  /** The orchestrator's answer to a report came in. */
  | {
      readonly kind: 'results-acknowledged';
      readonly agent: AgentId;
      readonly leases: readonly string[];
      readonly statuses: readonly string[];
      /** Of these, those that carried an output. */
      readonly outputs: readonly string[];
    }
  | {
      readonly kind: 'standing-told';
      readonly agent: AgentId;
      readonly accepted: number;
      readonly rejected: number;
      readonly pending: number;
    };

type ProducerFact =
  | {
      readonly kind: 'job-planned';
      readonly key: string;
      /** Share of rows that its policy has recomputed; 0: computed twice; -1: the system's choice. */
      readonly share: number;
      readonly weight: number;
      readonly rows: number;
      readonly hasDeadline: boolean;
      readonly isPoisoned: boolean;
      readonly isCanceled: boolean;
    }
  | { readonly kind: 'job-acknowledged'; readonly key: string; readonly job: JobId }
  | {
      readonly kind: 'job-seen';
      readonly job: JobId;
      readonly state: string;
      readonly reason: string;
    }
  /** A job that was acknowledged is not known any more. */
  | { readonly kind: 'job-missing'; readonly job: JobId; readonly reason: string }
  | {
      readonly kind: 'output-read';
      readonly job: JobId;
      readonly rows: number;
      readonly rowsWanted: number;
      /** Rows that differ from the truth. */
      readonly rowsWrong: number;
    }
  /** Every job is over in its producer's eyes. */
  | { readonly kind: 'jobs-over' };

/** Takes down what happens, in order, and tells whoever listens. Keeps no record itself. */
export class History {
  readonly #time: VirtualTime;
  readonly #hash = new RollingHash();
  readonly #listeners: ((record: HistoryRecord) => void)[] = [];
  #count = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** The same for the same history, on every machine. */
  hash(): string {
    return this.#hash.digest();
  }

  listen(listener: (record: HistoryRecord) => void): void {
    this.#listeners.push(listener);
  }

  add(fact: HistoryFact): void {
    const atMs = this.#time.nowMs;
    this.#count += 1;
    this.#hash.addInteger(atMs);
    // Facts are written as literals, so their fields come in one order.
    for (const value of Object.values(fact)) this.#feed(value);
    const record = { atMs, ...fact };
    for (const listener of this.#listeners) listener(record);
  }

  #feed(value: string | number | boolean | readonly (string | number)[]): void {
    if (typeof value === 'string') this.#hash.addText(value);
    else if (typeof value === 'number') this.#hash.addInteger(Math.round(value * 1000));
    else if (typeof value === 'boolean') this.#hash.addInteger(value ? 1 : 0);
    else {
      this.#hash.addInteger(value.length);
      for (const one of value) this.#feed(one);
    }
  }
}

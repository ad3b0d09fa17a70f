// What is said between the event loop and the thread that has the log's file.
import type { Failure } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/outcome.ts';

/** A write as the file takes it: nothing is left to encode in the thread. */
export type Row =
  | readonly ['event', body: string]
  | readonly ['outputs', job: string, agent: string, leases: string, body: Uint8Array]
  | readonly [
      'job',
      job: string,
      key: string,
      digest: Uint8Array,
      spec: Uint8Array,
      plan: Uint8Array,
    ]
  | readonly ['work', job: string, stage: number, work: Uint8Array]
  | readonly ['tensors', job: string, stage: number, tensors: Uint8Array]
  | readonly ['output', job: string, output: Uint8Array]
  | readonly ['ended', job: string, view: Uint8Array]
  | readonly ['keep', name: string, value: Uint8Array];

/** How far the log reaches. */
export type LogHead = {
  readonly snapshot: SnapshotHead | null;
  /** Events ever logged; those behind the snapshot are still here. */
  readonly eventCount: number;
};

export type SnapshotHead = {
  /** Events that it covers. */
  readonly eventCount: number;
  readonly tasksAccepted: number;
  readonly byteLength: number;
};

export type JobRow = {
  readonly job: string;
  readonly key: string;
  readonly digest: Uint8Array;
  readonly spec: Uint8Array;
  readonly plan: Uint8Array;
};

/**
 * What the thread does when asked.
 *
 * Outcomes are of writes, whose failures a caller waits out. A read that fails throws what SQLite
 * threw: the disk is broken.
 */
export type LogThread = {
  commit(rows: readonly Row[]): Outcome<void>;
  /** Errors: "storage_failed" where the log is not whole. */
  head(): Outcome<LogHead>;
  /** Errors: "storage_failed" where the snapshot's chunks are not those that were written. */
  snapshot(): Outcome<Uint8Array>;
  /** The next events behind so many; none where there are no more. */
  eventsAfter(eventCount: number): readonly string[];
  /** Begins a snapshot; what is there of an unfinished one goes. */
  beginSnapshot(): Outcome<void>;
  addSnapshotChunk(chunk: Uint8Array): Outcome<void>;
  finishSnapshot(covers: Pick<SnapshotHead, 'eventCount' | 'tasksAccepted'>): Outcome<void>;
  outputs(job: string, leases: readonly LeaseKey[]): Promise<OutputRecords>;
  job(by: { readonly job: string } | { readonly key: string }): JobRow | null;
  work(job: string, stage: number): Uint8Array | null;
  tensors(job: string): readonly Uint8Array[];
  jobOutput(job: string): Uint8Array | null;
  endedJob(job: string): Uint8Array | null;
  jobsWithoutEnd(): readonly string[];
  kept(name: string): Uint8Array | null;
  close(): void;
};

/** Records of outputs in the order of the leases asked for, one behind the other. */
export type OutputRecords = {
  readonly bytes: Uint8Array;
  /** Of each record; -1 where there is no output. */
  readonly byteLengths: Int32Array;
};

/** A lease as JSON has it. */
export type LeaseKey = number;

export type LogMethod = keyof LogThread;

export type ToLog =
  | { readonly kind: 'open'; readonly path: string }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: LogMethod;
      readonly args: readonly unknown[];
    };

export type FromLog =
  | { readonly kind: 'opened'; readonly outcome: Outcome<void> }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** Of a read. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { RandomStream } from '../../domain/random.ts';
import { memoryDisk, memoryStore } from '../../orchestrator/log/memory-store.ts';
import type { Snapshot, Store, Write } from '../../orchestrator/log/store.ts';
import type { CrashPoint, History } from '../history.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';

/** What is on the disk, in the order in which it became durable. */
type Entry =
  | { readonly kind: 'commit'; readonly writes: readonly Write[] }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot };

/** What a disk does to the next commits. */
export type DiskTrouble = {
  isFull: boolean;
  /** How much longer a commit takes. Milliseconds. */
  commitMs: number;
  /** The process is to die in its next commit, like this; null: it lives. */
  crashAt: Exclude<CrashPoint, 'wait'> | null;
};

type Opened = {
  readonly process: SimulatedProcess;
  readonly history: History;
  readonly random: RandomStream;
  /** Told that the process is to die, in a commit. */
  readonly onCrash: (during: CrashPoint) => void;
};

const COMMIT_MS_MAX = 6;
const READ_MS_MAX = 3;
const SNAPSHOT_MS_MAX = 60;

/**
 * A disk that outlives the processes that write to it. What is written is durable after a while; of
 * what is under way when the process dies, nothing or all of the oldest commit gets there. What a
 * crash tore is cut off when the disk is opened again, as if it had never been.
 */
export class SimulatedDisk {
  readonly trouble: DiskTrouble = { isFull: false, commitMs: 0, crashAt: null };
  readonly #forgets: number;
  #entries: Entry[] = [];
  /** The commit that is under way. */
  #underWay: Entry | null = null;

  /** `forgets`: commits that it says are durable and loses in a crash; 0 for an honest disk. */
  constructor(options: { readonly forgets: number } = { forgets: 0 }) {
    this.#forgets = options.forgets;
  }

  /** The process that wrote to it died while it waited; `isLucky`: what was under way got there. */
  lose(isLucky: boolean): void {
    if (isLucky && this.#underWay !== null) this.#entries.push(this.#underWay);
    this.#underWay = null;
  }

  /** Opens the store for a process: all that is durable is read again, from the beginning. */
  open(of: Opened): Store {
    this.#underWay = null;
    this.#entries = this.#entries.slice(0, Math.max(0, this.#entries.length - this.#forgets));
    const inner = memoryStore(memoryDisk());
    // A store in memory has done what it is asked for when it returns its promise.
    for (const entry of this.#entries) void apply(inner, entry);
    return {
      ...slowReads(inner, of),
      commit: (writes) => this.#commit(inner, writes, of),
      saveSnapshot: (snapshot) => this.#saveSnapshot(inner, snapshot, of),
      close: async () => {},
    };
  }

  #commit(inner: Store, writes: readonly Write[], of: Opened): Promise<Outcome<void>> {
    const entry: Entry = { kind: 'commit', writes };
    this.#underWay = entry;
    return new Promise((resolve) => {
      of.process.after(this.#commitMs(of.random), () => {
        const { crashAt, isFull } = this.trouble;
        this.#underWay = null;
        if (isFull) {
          of.history.add({ kind: 'commit-refused' });
          return resolve(full());
        }
        this.trouble.crashAt = null;
        if (crashAt === null || crashAt === 'commit-durable') this.#entries.push(entry);
        if (crashAt !== null) return of.onCrash(crashAt);
        resolve(apply(inner, entry));
      });
    });
  }

  #saveSnapshot(inner: Store, snapshot: Snapshot, of: Opened): Promise<Outcome<void>> {
    // The state goes on and may write into what it gave.
    const entry: Entry = {
      kind: 'snapshot',
      snapshot: { ...snapshot, bytes: snapshot.bytes.slice() },
    };
    return new Promise((resolve) => {
      of.process.after(1 + of.random.nextBelow(SNAPSHOT_MS_MAX), () => {
        if (this.trouble.isFull) return resolve(full());
        this.#entries.push(entry);
        of.history.add({ kind: 'snapshot-saved', eventCount: snapshot.eventCount });
        resolve(apply(inner, entry));
      });
    });
  }

  #commitMs(random: RandomStream): number {
    return 1 + random.nextBelow(COMMIT_MS_MAX) + this.trouble.commitMs;
  }
}

function apply(store: Store, entry: Entry): Promise<Outcome<void>> {
  if (entry.kind === 'snapshot') return store.saveSnapshot(entry.snapshot);
  return store.commit(entry.writes);
}

function full(): Outcome<never> {
  return fail(failure('storage_full', 'the disk is full. Free some space.', 5_000));
}

/** Reads take their time too: much may happen between a question and its answer. */
function slowReads(
  store: Store,
  { process, random }: Opened,
): Omit<Store, 'commit' | 'saveSnapshot' | 'close'> {
  const slow = <T>(read: () => Promise<T>): Promise<T> => {
    return new Promise((resolve, reject) => {
      process.after(random.nextBelow(READ_MS_MAX), () => void read().then(resolve, reject));
    });
  };
  return {
    readLog: () => slow(() => store.readLog()),
    outputs: (job, leases) => slow(() => store.outputs(job, leases)),
    job: (job) => slow(() => store.job(job)),
    jobByKey: (key) => slow(() => store.jobByKey(key)),
    work: (of) => slow(() => store.work(of)),
    tensors: (job) => slow(() => store.tensors(job)),
    jobOutput: (job) => slow(() => store.jobOutput(job)),
    endedJob: (job) => slow(() => store.endedJob(job)),
    jobsWithoutEnd: () => slow(() => store.jobsWithoutEnd()),
    kept: (name) => slow(() => store.kept(name)),
  };
}

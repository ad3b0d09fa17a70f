import { failure } from '../../domain/failure.ts';
import type { JobId, LeaseId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { StageOfJob, Store, StoredJob, Write } from '../../orchestrator/log/store.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import type { CrashPoint, History } from '../history.ts';
import { SimulatedCrash } from '../kernel/simulated-crash.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';

/** One commit as the disk has it. A torn one lacks its end, and is passed over when it is read. */
type Batch = { readonly writes: readonly Write[]; readonly isWhole: boolean };

/** What a disk does to the next commits. */
export type DiskTrouble = {
  isFull: boolean;
  /** How long a commit takes. Milliseconds. */
  commitMs: number;
  /** The process is to die in its next commit, like this; null: it lives. */
  crashAt: Exclude<CrashPoint, 'wait'> | null;
};

/**
 * A disk that outlives the processes that write to it. A commit is durable once it is whole on the
 * disk; one that a crash tore, or that never got there, is gone as if it had not been.
 */
export class SimulatedDisk {
  readonly trouble: DiskTrouble = { isFull: false, commitMs: 0, crashAt: null };
  readonly #forgets: number;
  #batches: Batch[] = [];

  /** `forgets`: commits that it says are durable and loses in a crash; 0 for an honest disk. */
  constructor(options: { readonly forgets: number } = { forgets: 0 }) {
    this.#forgets = options.forgets;
  }

  /**
   * Opens the store for a process. `onCrash` is told that the process dies in a commit, before it
   * unwinds.
   */
  open(of: {
    readonly process: SimulatedProcess;
    readonly history: History;
    readonly onCrash: (during: CrashPoint) => void;
  }): Store {
    // What was torn is cut off; what is whole is read again, from the beginning.
    const whole = this.#batches.filter(({ isWhole }) => isWhole);
    this.#batches = whole.slice(0, Math.max(0, whole.length - this.#forgets));
    const tables = emptyTables();
    for (const { writes } of this.#batches) applyAll(tables, writes);
    return {
      ...readersOf(tables),
      commit: (writes) => {
        const { crashAt, isFull, commitMs } = this.trouble;
        if (isFull) {
          of.history.add({ kind: 'commit-refused' });
          return fail(failure('storage_full', 'the disk is full. Free some space.', 5_000));
        }
        if (commitMs > 0) of.process.stall(commitMs);
        if (crashAt !== null) {
          this.trouble.crashAt = null;
          if (crashAt !== 'commit-lost') {
            this.#batches.push({ writes, isWhole: crashAt === 'commit-durable' });
          }
          of.onCrash(crashAt);
          throw new SimulatedCrash();
        }
        this.#batches.push({ writes, isWhole: true });
        applyAll(tables, writes);
        return succeed(undefined);
      },
      close: () => {},
    };
  }
}

/** What a store has, as its tables. */
type Tables = {
  readonly events: SchedulerEvent[];
  readonly results: Map<LeaseId, { readonly job: JobId; readonly output: TaskOutput }>;
  readonly leasesOfJob: Map<JobId, LeaseId[]>;
  readonly jobs: Map<JobId, StoredJob>;
  readonly jobByKey: Map<string, JobId>;
  readonly works: Map<string, StageWork>;
  readonly tensors: Map<JobId, Map<number, readonly NamedTensor[]>>;
  readonly outputs: Map<JobId, readonly NamedTensor[]>;
  readonly ended: Map<JobId, JobView>;
  readonly kept: Map<string, Uint8Array>;
};

function emptyTables(): Tables {
  return {
    events: [],
    results: new Map(),
    leasesOfJob: new Map(),
    jobs: new Map(),
    jobByKey: new Map(),
    works: new Map(),
    tensors: new Map(),
    outputs: new Map(),
    ended: new Map(),
    kept: new Map(),
  };
}

function applyAll(tables: Tables, writes: readonly Write[]): void {
  for (const write of writes) apply(tables, write);
}

/** As the real store's statements do. */
function apply(tables: Tables, write: Write): void {
  switch (write.kind) {
    case 'event':
      tables.events.push(write.event);
      return;
    case 'result': {
      const { lease, job, output } = write;
      if (tables.ended.has(job) || tables.results.has(lease)) return;
      tables.results.set(lease, { job, output });
      const leases = tables.leasesOfJob.get(job) ?? [];
      tables.leasesOfJob.set(job, leases);
      leases.push(lease);
      return;
    }
    case 'job':
      tables.jobs.set(write.job, write);
      tables.jobByKey.set(write.idempotencyKey, write.job);
      return;
    case 'work':
      tables.works.set(`${write.job}/${write.stage}`, write.work);
      return;
    case 'tensors': {
      const stages = tables.tensors.get(write.job) ?? new Map();
      tables.tensors.set(write.job, stages.set(write.stage, write.tensors));
      return;
    }
    case 'output':
      tables.outputs.set(write.job, write.output);
      return;
    case 'ended': {
      const { job } = write.view;
      for (const lease of tables.leasesOfJob.get(job) ?? []) tables.results.delete(lease);
      tables.leasesOfJob.delete(job);
      tables.ended.set(job, write.view);
      return;
    }
    case 'keep':
      tables.kept.set(write.name, write.value);
      return;
  }
}

function readersOf(tables: Tables): Omit<Store, 'commit' | 'close'> {
  const jobOf = (job: JobId | undefined): StoredJob | null => {
    return job === undefined ? null : (tables.jobs.get(job) ?? null);
  };
  return {
    *events() {
      for (const event of tables.events) yield succeed(event);
    },
    output: (lease) => tables.results.get(lease)?.output ?? null,
    job: (job) => jobOf(job),
    jobByKey: (key) => jobOf(tables.jobByKey.get(key)),
    work: ({ job, stage }: StageOfJob) => tables.works.get(`${job}/${stage}`) ?? null,
    tensors: (job) => {
      const stages = [...(tables.tensors.get(job) ?? [])].toSorted(([a], [b]) => a - b);
      return stages.flatMap(([, tensors]) => tensors);
    },
    jobOutput: (job) => tables.outputs.get(job) ?? null,
    endedJob: (job) => tables.ended.get(job) ?? null,
    jobsWithoutEnd: () => [...tables.jobs.keys()].filter((job) => !tables.ended.has(job)),
    kept: (name) => tables.kept.get(name) ?? null,
  };
}

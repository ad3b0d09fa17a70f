import type { JobId } from '../../domain/ids.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { JobView } from '../../domain/job.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import type { Snapshot, Store, StoredJob, Write } from './store.ts';

/** What a store in memory holds. It outlives the stores over it, as a disk outlives a process. */
export type MemoryDisk = {
  snapshot: Snapshot | null;
  /** Behind the snapshot. */
  events: SchedulerEvent[];
  readonly jobs: Map<JobId, JobOnDisk>;
  readonly kept: Map<string, Uint8Array>;
};

type JobOnDisk = {
  readonly stored: StoredJob;
  readonly works: Map<number, StageWork>;
  readonly tensors: Map<number, readonly NamedTensor[]>;
  readonly outputs: Map<LeaseNumber, TaskOutput>;
  output: readonly NamedTensor[] | null;
  ended: JobView | null;
};

export function memoryDisk(): MemoryDisk {
  return { snapshot: null, events: [], jobs: new Map(), kept: new Map() };
}

/** A store for simulations: durable as long as its disk is kept. */
export function memoryStore(disk: MemoryDisk): Store {
  return {
    async commit(writes) {
      const refused = writes.some((write) => write.kind === 'job' && isKnown(disk, write));
      if (refused) return fail(failure('storage_failed', 'the job is in the store already.'));
      for (const write of writes) keep(disk, write);
      return succeed(undefined);
    },
    async readLog() {
      const { snapshot, events } = disk;
      async function* batches() {
        if (events.length > 0) yield succeed({ events, byteLength: 0 });
      }
      return succeed({ snapshot, eventCount: events.length, events: batches });
    },
    async saveSnapshot(snapshot) {
      const covered = disk.snapshot?.eventCount ?? 0;
      disk.events = disk.events.slice(snapshot.eventCount - covered);
      disk.snapshot = { ...snapshot, bytes: snapshot.bytes.slice() };
      return succeed(undefined);
    },
    async outputs(job, leases) {
      const outputs = disk.jobs.get(job)?.outputs;
      return leases.map((lease) => outputs?.get(lease) ?? null);
    },
    job: async (job) => disk.jobs.get(job)?.stored ?? null,
    async jobByKey(key) {
      for (const { stored } of disk.jobs.values()) if (stored.idempotencyKey === key) return stored;
      return null;
    },
    work: async ({ job, stage }) => disk.jobs.get(job)?.works.get(stage) ?? null,
    async tensors(job) {
      const stages = [...(disk.jobs.get(job)?.tensors ?? [])].sort(([one], [two]) => one - two);
      return stages.flatMap(([, tensors]) => tensors);
    },
    jobOutput: async (job) => disk.jobs.get(job)?.output ?? null,
    endedJob: async (job) => disk.jobs.get(job)?.ended ?? null,
    async jobsWithoutEnd() {
      return [...disk.jobs.values()].flatMap((job) => (job.ended === null ? job.stored.job : []));
    },
    kept: async (name) => disk.kept.get(name) ?? null,
    close: async () => {},
  };
}

function isKnown(disk: MemoryDisk, { job, idempotencyKey }: StoredJob): boolean {
  if (disk.jobs.has(job)) return true;
  return [...disk.jobs.values()].some(({ stored }) => stored.idempotencyKey === idempotencyKey);
}

function keep(disk: MemoryDisk, write: Write): void {
  switch (write.kind) {
    case 'event':
      return void disk.events.push(write.event);
    case 'keep':
      return void disk.kept.set(write.name, write.value.slice());
    case 'job': {
      const { kind: _, ...stored } = write;
      const none = { works: new Map(), tensors: new Map(), outputs: new Map() };
      return void disk.jobs.set(write.job, { stored, ...none, output: null, ended: null });
    }
    default:
      return keepOfJob(disk.jobs.get(jobIn(write)), write);
  }
}

type OfJob = Exclude<Write, { readonly kind: 'event' | 'keep' | 'job' }>;

function jobIn(write: OfJob): JobId {
  return write.kind === 'ended' ? write.view.job : write.job;
}

/** What belongs to a job that is not here leaves nothing, as in tables. */
function keepOfJob(job: JobOnDisk | undefined, write: OfJob): void {
  if (job === undefined) return;
  switch (write.kind) {
    case 'outputs':
      if (job.ended !== null) return;
      for (const { lease, output } of write.outputs) {
        if (!job.outputs.has(lease)) job.outputs.set(lease, output);
      }
      return;
    case 'work':
      return void job.works.set(write.stage, write.work);
    case 'tensors':
      return void job.tensors.set(write.stage, write.tensors);
    case 'output':
      job.output = write.output;
      return;
    case 'ended':
      job.ended = write.view;
      return job.outputs.clear();
  }
}

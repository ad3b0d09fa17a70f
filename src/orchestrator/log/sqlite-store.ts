import { decode } from 'cborg';
import type { JobId } from '../../domain/ids.ts';
import type { JobSpec } from '../../domain/job.ts';
import { viewKept, type KeptView } from '../../domain/kept-view.ts';
import { OUTPUTS_READ_MAX, SNAPSHOT_CHUNK_BYTES } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import type { JobPlan } from '../../workloads/index.ts';
import { eventFromText } from './event-text.ts';
import { openLogThread, type LogClient } from './log-client.ts';
import type { JobRow } from './log-message.ts';
import { outputFromRecord } from './packed-outputs.ts';
import type { EventBatch, LogContent, Snapshot, Store, StoredJob } from './store.ts';
import { rowOf } from './write-row.ts';

/**
 * Opens the store in a file, and makes it where there is none. A thread has the file, so that the
 * event loop never waits for a disk.
 *
 * Errors: "storage_failed" | "storage_full", naming the remedy.
 */
export async function openStore(path: string): Promise<Outcome<Store>> {
  const opened = await openLogThread(path, threadEntry());
  return opened.ok ? succeed(storeOver(opened.value)) : opened;
}

function storeOver(log: LogClient): Store {
  return {
    commit: (writes) => log.call('commit', writes.map(rowOf)),
    readLog: () => readLog(log),
    saveSnapshot: (snapshot) => saveSnapshot(log, snapshot),
    outputs: (job, leases) => readOutputs(log, { job, leases }),
    job: async (job) => jobOf(await log.call('job', { job })),
    jobByKey: async (key) => jobOf(await log.call('job', { key })),
    work: async ({ job, stage }) => decoded<StageWork>(await log.call('work', job, stage)),
    async tensors(job) {
      const stages = await log.call('tensors', job);
      return stages.flatMap((bytes) => decoded<NamedTensor[]>(bytes) ?? []);
    },
    jobOutput: async (job) => decoded<NamedTensor[]>(await log.call('jobOutput', job)),
    async endedJob(job) {
      const kept = decoded<KeptView>(await log.call('endedJob', job));
      return kept === null ? null : viewKept(kept);
    },
    // Written from job ids.
    jobsWithoutEnd: async () => (await log.call('jobsWithoutEnd')) as readonly JobId[],
    kept: (name) => log.call('kept', name),
    close: () => log.close(),
  };
}

async function readLog(log: LogClient): Promise<Outcome<LogContent>> {
  const head = await log.call('head');
  if (!head.ok) return head;
  const covers = head.value.snapshot;
  const covered = covers?.eventCount ?? 0;
  const eventCount = head.value.eventCount - covered;
  const events = () => eventsOf(log, covered);
  if (covers === null) return succeed({ snapshot: null, eventCount, events });
  const bytes = await log.call('snapshot');
  if (!bytes.ok) return bytes;
  const { tasksAccepted } = covers;
  const snapshot = { eventCount: covered, tasksAccepted, bytes: bytes.value };
  return succeed({ snapshot, eventCount, events });
}

/** Asks for the next events before these are folded: the thread reads while the loop folds. */
async function* eventsOf(log: LogClient, covered: number): AsyncGenerator<Outcome<EventBatch>> {
  let next = log.call('eventsAfter', covered);
  for (let read = covered; ;) {
    const texts = await next;
    if (texts.length === 0) return;
    read += texts.length;
    next = log.call('eventsAfter', read);
    // Whoever stops reading does not wait for what was asked ahead.
    next.catch(() => {});
    let byteLength = 0;
    for (const text of texts) byteLength += text.length;
    const events = eventsFrom(texts, read - texts.length);
    yield events.ok ? succeed({ events: events.value, byteLength }) : events;
    if (!events.ok) return;
  }
}

function eventsFrom(texts: readonly string[], before: number): Outcome<SchedulerEvent[]> {
  const events: SchedulerEvent[] = [];
  for (const text of texts) {
    try {
      events.push(eventFromText(text));
    } catch (cause) {
      const what = `event ${before + events.length + 1} of the log cannot be read`;
      const remedy = 'Restore the data folder from a copy, or choose another with --data';
      return fail(failure('storage_failed', `${what} (${String(cause)}). ${remedy}.`));
    }
  }
  return succeed(events);
}

async function saveSnapshot(log: LogClient, snapshot: Snapshot): Promise<Outcome<void>> {
  const { bytes, eventCount, tasksAccepted } = snapshot;
  const begun = await log.call('beginSnapshot');
  if (!begun.ok) return begun;
  for (let at = 0; at < bytes.byteLength; at += SNAPSHOT_CHUNK_BYTES) {
    const added = await log.call('addSnapshotChunk', bytes.slice(at, at + SNAPSHOT_CHUNK_BYTES));
    if (!added.ok) return added;
  }
  return log.call('finishSnapshot', { eventCount, tasksAccepted });
}

async function readOutputs(
  log: LogClient,
  { job, leases }: { readonly job: JobId; readonly leases: Parameters<Store['outputs']>[1] },
): Promise<readonly (TaskOutput | null)[]> {
  const outputs: (TaskOutput | null)[] = [];
  for (let at = 0; at < leases.length; at += OUTPUTS_READ_MAX) {
    const some = leases.slice(at, at + OUTPUTS_READ_MAX);
    const { bytes, byteLengths } = await log.call('outputs', job, some);
    let start = 0;
    for (const byteLength of byteLengths) {
      const end = start + Math.max(0, byteLength);
      outputs.push(byteLength < 0 ? null : outputFromRecord(bytes.subarray(start, end)));
      start = end;
    }
  }
  return outputs;
}

function jobOf(row: JobRow | null): StoredJob | null {
  if (row === null) return null;
  return {
    // Written from a job id.
    job: row.job as JobId,
    idempotencyKey: row.key,
    specDigest: row.digest,
    // What `rowOf` encoded; SQLite's checks found the file whole.
    spec: decode(row.spec) as JobSpec,
    plan: decode(row.plan) as JobPlan,
  };
}

/** What `rowOf` encoded; SQLite's checks found the file whole. */
function decoded<Value>(bytes: Uint8Array | null): Value | null {
  return bytes === null ? null : (decode(bytes) as Value);
}

/** The thread's entry, as source or as built. */
function threadEntry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../../workers/log-node.worker.${extension}`, import.meta.url);
}

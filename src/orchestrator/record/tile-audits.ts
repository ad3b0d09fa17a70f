// The network checks its own books: each tile of the record that closes becomes a job for
// volunteers, and what they find is held against the tree.
//
//   closed ── submitted ──> at work ── done ──> its findings agree with the tree, or do not: told
//      │  refused, storage full                └─ failed, canceled: told
//      └─ tried again when the next checkpoint is published
//
// A tile's job has one idempotency key, so that a tile is audited once, whoever asks for it again.
import type { BlockStore } from '../../data/index.ts';
import { sinkOf, writeBlob } from '../../data/index.ts';
import { assert } from '../../domain/assert.ts';
import type { JobId } from '../../domain/ids.ts';
import { USUAL_TERMS, type JobSpec } from '../../domain/job.ts';
import { AUDITS_OPEN_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { LogTree, TILE_WIDTH } from '../../ledger/index.ts';
import { FINDING_BYTES, rowsOfEntries } from '../../workloads/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { JobIntake } from '../jobs/job-intake.ts';
import type { Store } from '../log/store.ts';
import type { Logger } from '../logger.ts';
import { tensorReader } from '../tensor-reader.ts';
import type { NetworkRecord } from './network-record.ts';

type Parts = {
  readonly record: Pick<
    NetworkRecord,
    'origin' | 'files' | 'checkpoint' | 'entries' | 'onPublished'
  >;
  readonly coordinator: Pick<Coordinator, 'onEffect'>;
  readonly intake: JobIntake;
  readonly store: Pick<Store, 'jobByKey' | 'jobOutput'>;
  readonly blocks: BlockStore;
  readonly logger: Logger;
};

/**
 * Has tiles audited from now on, and the newest that is closed.
 *
 * Limits: AUDITS_OPEN_MAX jobs at a time; the tiles behind them wait.
 */
export function auditTiles(parts: Parts): void {
  const { record, coordinator, logger } = parts;
  const open = new Map<JobId, number>();
  let next = Math.max(0, closedTiles(record) - 1);
  let turn: Promise<void> = Promise.resolve();

  const submitNext = async (): Promise<void> => {
    for (; next < closedTiles(record) && open.size < AUDITS_OPEN_MAX; next++) {
      const submission = await submissionOf(next, parts);
      const job = submission.ok ? await parts.intake.submit(submission.value) : submission;
      if (!job.ok)
        return logger.debug('tile not audited yet', { tile: next, why: job.failure.code });
      if (job.value.endedAtMs === null) open.set(job.value.job, next);
    }
  };

  const conclude = async (job: JobId, tile: number): Promise<void> => {
    const wrong = await differencesOf(job, { ...parts, tile });
    if (!wrong.ok) logger.warn(`audit of tile ${tile}: ${wrong.failure.message}`, { job });
    else if (wrong.value.length === 0) logger.info('tile of the record audited', { tile, job });
    else logger.error('the record is wrong', { tile, job, entries: wrong.value.join(' ') });
  };

  const later = (act: () => Promise<void>): void => {
    turn = turn.then(act).catch((cause: unknown) => {
      logger.error('audits of the record stopped', { cause: String(cause) });
    });
  };

  record.onPublished(() => later(submitNext));
  coordinator.onEffect((effect) => {
    if (effect.kind !== 'job-ended') return;
    const { job, end } = effect;
    const tile = open.get(job);
    if (tile === undefined) return;
    open.delete(job);
    if (end.kind === 'done') later(() => conclude(job, tile));
    else logger.warn(`audit of tile ${tile} ended without findings`, { job, end: end.kind });
    later(submitNext);
  });
  later(submitNext);
}

function closedTiles(record: Pick<NetworkRecord, 'checkpoint'>): number {
  return Math.floor((record.checkpoint()?.checkpoint.size ?? 0) / TILE_WIDTH);
}

async function submissionOf(
  tile: number,
  { record, store, blocks }: Parts,
): Promise<Outcome<{ readonly idempotencyKey: string; readonly spec: JobSpec }>> {
  const idempotencyKey = `audit: tile ${tile} of ${record.origin}`;
  // Its entries are not written as a blob again.
  const known = await store.jobByKey(idempotencyKey);
  if (known !== null) return succeed({ idempotencyKey, spec: known.spec });
  const from = tile * TILE_WIDTH;
  const entries = await record.entries(from, from + TILE_WIDTH);
  if (!entries.ok) return entries;
  assert(entries.value.length === TILE_WIDTH, 'a closed tile is one bundle');
  const { shape, bytes } = rowsOfEntries(entries.value);
  const written = await writeBlob(sinkOf(blocks), onceOf(bytes));
  if (!written.ok) return written;
  const source = { kind: 'blob', blob: written.value.blob, byteOffset: 0 } as const;
  const input = { name: 'entries', tensor: { dtype: 'uint8', shape, source } } as const;
  const spec = {
    ...USUAL_TERMS,
    name: `Audit: entries ${from} to ${from + TILE_WIDTH - 1} of the record`,
    workload: { kind: 'audit', inputs: [input] },
  } as const;
  return succeed({ idempotencyKey, spec });
}

/** The entries of a tile that are not right, or not what the tree has there. */
async function differencesOf(
  job: JobId,
  { record, store, blocks, tile }: Parts & { readonly tile: number },
): Promise<Outcome<readonly number[]>> {
  const [output] = (await store.jobOutput(job)) ?? [];
  assert(output !== undefined, `job ${job} is done and has findings`);
  const findings = await tensorReader(blocks)(output.tensor);
  if (!findings.ok) return findings;
  const head = record.checkpoint()?.checkpoint;
  assert(head !== undefined, 'a tile that closed was published');
  const tree = await LogTree.open(record.files, head);
  if (!tree.ok) return tree;
  const leaves = await tree.value.tile(0, tile);
  if (!leaves.ok) return leaves;
  const hashBytes = FINDING_BYTES - 1;
  const wrong: number[] = [];
  for (let at = 0; at < TILE_WIDTH; at++) {
    const found = findings.value.bytes.subarray(at * FINDING_BYTES, (at + 1) * FINDING_BYTES);
    const leaf = leaves.value.subarray(at * hashBytes, (at + 1) * hashBytes);
    if (found[0] !== 1 || !equalBytes(found.subarray(1), leaf)) wrong.push(tile * TILE_WIDTH + at);
  }
  return succeed(wrong);
}

async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

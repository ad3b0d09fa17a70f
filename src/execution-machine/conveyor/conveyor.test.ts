import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../../domain/failure.ts';
import {
  ARCHIVE_CONFIRM_MS,
  ARCHIVE_LOST_MS,
  ARCHIVE_PIECE_BYTES_MAX,
  ARCHIVE_QUEUE_MAX,
  ARCHIVE_REFUSED_MS_MAX,
  ARCHIVE_RETRY_MS_MAX,
  ARCHIVE_RETRY_MS_MIN,
  ARCHIVE_TAIL_MS,
} from '../../domain/limits.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { knownSigner, must } from '../../ledger/example-log.contract.ts';
import { noteKeyOf, parseCheckpoint, signCheckpoint } from '../../ledger/index.ts';
import { ann, ExampleRecord, logSigner } from '../verify/example-record.contract.ts';
import { unpackPiece } from './archive-piece.ts';
import { Conveyor } from './conveyor.ts';
import { folderTarget } from './folder-target.ts';
import { openSqliteConveyorStore } from './sqlite-conveyor-store.ts';
import { UnreliableTarget } from './unreliable-target.contract.ts';
import { VirtualClock } from './virtual-clock.contract.ts';

const HOUR_MS = 3_600_000;
const LOG_KEY = encodeBase64url(logSigner.signer.publicKey);
const archiveKey = await knownSigner(9);
const signal = new AbortController().signal;

/** A record, its archive and what brings the one to the other. */
class Bench {
  readonly clock = new VirtualClock();
  readonly folder: string;
  readonly target: UnreliableTarget;
  record!: ExampleRecord;
  conveyor!: Conveyor;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #close: () => Promise<void> = async () => {};

  constructor(folder: string) {
    this.folder = folder;
    this.target = new UnreliableTarget(folderTarget(join(folder, 'archive')));
  }

  async start(): Promise<void> {
    const store = must(await openSqliteConveyorStore(join(this.folder, 'queue.sqlite')));
    this.#close = () => store.close();
    const log = {
      verifierKey: noteKeyOf(logSigner),
      files: this.record.store,
      sign: (head: Parameters<typeof signCheckpoint>[1]) => signCheckpoint(logSigner, head),
    };
    const { clock, target } = this;
    this.conveyor = must(await Conveyor.open({ log, target, store, signer: archiveKey, clock }));
    this.#stop = new AbortController();
    this.#running = this.conveyor.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#close();
  }

  /** Writes entries and publishes them. */
  async grow(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.record.count(ann);
    this.conveyor.offer(must(parseCheckpoint(await this.record.publish())));
    await this.clock.pass(0);
  }

  /** The pieces of the archive, in order. */
  async archived(): Promise<readonly { first: number; end: number }[]> {
    const listed = must(await folderTarget(join(this.folder, 'archive')).list(LOG_KEY, signal));
    return listed
      .map(({ first, end }) => ({ first, end }))
      .sort((one, other) => one.first - other.first);
  }
}

const benches: Bench[] = [];
async function newBench(): Promise<Bench> {
  const bench = new Bench(await mkdtemp(join(tmpdir(), 'conveyor-')));
  benches.push(bench);
  bench.record = await ExampleRecord.begin();
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of benches.splice(0)) {
    await bench.stop();
    await rm(bench.folder, { recursive: true, force: true });
  }
});

describe('the conveyor', () => {
  it('archives what fills a tile at once, and the rest when it is old', async () => {
    const bench = await newBench();
    await bench.grow(200);
    expect(await bench.archived()).toEqual([]);
    await bench.grow(100);
    expect(await bench.archived()).toEqual([
      { first: 0, end: 256 },
      { first: 256, end: 302 },
    ]);
    await bench.grow(1);
    await bench.clock.pass(ARCHIVE_TAIL_MS - 1);
    expect(bench.conveyor.state().confirmedSize).toBe(302);
    await bench.clock.pass(1);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({
      confirmedSize: 303,
      postedSize: 303,
      failure: null,
      retryAtMs: 0,
    });
    expect(bench.target.posted.length).toBe(new Set(bench.target.posted).size);
  });

  it('gives each piece the checkpoint of its end, the published one where there is one', async () => {
    const bench = await newBench();
    await bench.grow(300);
    const checkpoints = [];
    for (const id of bench.target.posted) {
      const payload = must(await bench.target.read(id, signal));
      const piece = must(await unpackPiece(payload ?? new Uint8Array()));
      checkpoints.push(piece.checkpoint);
    }
    expect(checkpoints.map((note) => must(parseCheckpoint(note)).checkpoint.size)).toEqual([
      256, 302,
    ]);
    expect(checkpoints[1]).toEqual(must(await bench.record.store.read('checkpoint', 10_000)));
  });

  it('cuts entries that are large into pieces that a bundler takes', async () => {
    const bench = await newBench();
    for (let at = 0; at < 5; at++) {
      await bench.record.count(ann, { add: 1, filling: new Uint8Array(60_000).fill(at) });
    }
    await bench.grow(256);
    const pieces = await bench.archived();
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.at(-1)?.end).toBe(bench.record.size);
    for (const id of bench.target.posted) {
      const payload = must(await bench.target.read(id, signal));
      expect(payload?.byteLength).toBeLessThanOrEqual(ARCHIVE_PIECE_BYTES_MAX);
    }
  });

  it('waits while the archive is down for an hour, and catches up', async () => {
    const bench = await newBench();
    bench.target.broken = failure('unavailable', 'down');
    await bench.grow(300);
    const before = bench.target.calls.length;
    await bench.clock.pass(HOUR_MS);
    await bench.grow(300);
    expect(bench.conveyor.state()).toMatchObject({
      confirmedSize: 0,
      postedSize: 0,
      failure: { code: 'unavailable' },
    });
    // Waits that double: few tries, and the last ones at the longest distance.
    const tries = bench.target.calls.length - before;
    expect(tries).toBeLessThanOrEqual(8 + HOUR_MS / ARCHIVE_RETRY_MS_MAX);
    expect(tries).toBeGreaterThan(10);
    bench.target.broken = null;
    await bench.clock.pass(ARCHIVE_RETRY_MS_MAX);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 602, failure: null });
    expect(bench.target.posted.length).toBe((await bench.archived()).length);
  });

  it.each([
    ['storage_full', ARCHIVE_RETRY_MS_MAX],
    ['input_invalid', ARCHIVE_RETRY_MS_MAX],
    ['unavailable', ARCHIVE_RETRY_MS_MIN],
  ] as const)('after "%s" tries again in %i ms, and tells so', async (code, waitMs) => {
    const bench = await newBench();
    bench.target.broken = failure(code, 'told to');
    const atMs = bench.clock.nowMs();
    await bench.grow(300);
    expect(bench.conveyor.state()).toMatchObject({
      failure: { code, message: 'told to' },
      retryAtMs: atMs + waitMs,
    });
    bench.target.broken = null;
    await bench.clock.pass(waitMs - 1);
    expect(bench.conveyor.state().confirmedSize).toBe(0);
    await bench.clock.pass(1);
    await bench.clock.idle();
    expect(bench.conveyor.state().confirmedSize).toBe(302);
  });

  it('goes on behind a piece that is refused, tells it, and tries it again', async () => {
    const bench = await newBench();
    bench.target.refuses = ({ first }) => first === 256;
    await bench.grow(600);
    await bench.clock.pass(ARCHIVE_CONFIRM_MS);
    const refused = [{ first: 256, end: 512 }];
    expect(bench.conveyor.state()).toMatchObject({
      ...{ confirmedSize: 602, postedSize: 602, refused },
      failure: { code: 'input_invalid', message: 'not this one' },
    });
    expect(bench.conveyor.state().retryAtMs).toBeGreaterThan(bench.clock.nowMs());
    const triesOf = () => bench.target.calls.filter((call) => call === 'post').length;
    // Ever more rarely, and not only once.
    const [before, atMs] = [triesOf(), bench.clock.nowMs()];
    await bench.clock.pass(24 * HOUR_MS);
    const tries = triesOf() - before;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan((bench.clock.nowMs() - atMs) / HOUR_MS);
    // Nor is it forgotten by a restart, or posted twice what is there.
    await bench.stop();
    await bench.start();
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 602, refused });
    await bench.clock.pass(0);
    await bench.grow(300);
    await bench.clock.pass(ARCHIVE_TAIL_MS);
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 902, refused });
    bench.target.refuses = () => false;
    await bench.clock.pass(ARCHIVE_REFUSED_MS_MAX);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({
      ...{ confirmedSize: 902, postedSize: 902, refused: [] },
      ...{ failure: null, retryAtMs: 0 },
    });
    const pieces = await bench.archived();
    expect(pieces.every(({ first }, at) => first === (pieces[at - 1]?.end ?? 0))).toBe(true);
    expect(bench.target.posted.length).toBe(new Set(bench.target.posted).size);
    expect(pieces.length).toBe(bench.target.posted.length);
  });

  it('finds a piece that was taken although it was refused', async () => {
    const bench = await newBench();
    bench.target.refusesAfterwards = true;
    await bench.grow(300);
    expect(bench.conveyor.state().refused).toHaveLength(2);
    await bench.clock.pass(ARCHIVE_RETRY_MS_MAX);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 302, refused: [] });
    expect(bench.target.posted.length).toBe(2);
  });

  it('tells when entries that are few are archived', async () => {
    const bench = await newBench();
    expect(bench.conveyor.state().dueAtMs).toBe(0);
    const atMs = bench.clock.nowMs();
    await bench.grow(5);
    expect(bench.conveyor.state().dueAtMs).toBe(atMs + ARCHIVE_TAIL_MS);
    await bench.clock.pass(ARCHIVE_TAIL_MS);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({ dueAtMs: 0, confirmedSize: bench.record.size });
  });

  it('keeps to the wait that an archive asks for', async () => {
    const bench = await newBench();
    bench.target.broken = failure('rate_limited', 'slowly', HOUR_MS);
    const atMs = bench.clock.nowMs();
    await bench.grow(300);
    expect(bench.conveyor.state().retryAtMs).toBe(atMs + HOUR_MS);
  });

  it('does not post again what came through although the answer was lost', async () => {
    const bench = await newBench();
    bench.target.losesAnswers = true;
    await bench.grow(300);
    await bench.stop();
    bench.target.losesAnswers = false;
    await bench.start();
    await bench.clock.pass(0);
    await bench.clock.idle();
    expect(bench.conveyor.state().confirmedSize).toBe(302);
    expect(bench.target.posted.length).toBe(2);
  });

  it('confirms nothing while the archive gives other bytes, and says so', async () => {
    const bench = await newBench();
    bench.target.isLying = true;
    await bench.grow(300);
    await bench.clock.pass(HOUR_MS);
    expect(bench.conveyor.state()).toMatchObject({
      confirmedSize: 0,
      failure: { code: 'bytes_mismatch' },
    });
    bench.target.isLying = false;
    await bench.clock.pass(ARCHIVE_RETRY_MS_MAX);
    await bench.clock.idle();
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 302, failure: null });
  });

  it('asks a slow archive again and again, and posts nothing twice', async () => {
    const bench = await newBench();
    bench.target.claims = 'pending';
    await bench.grow(300);
    await bench.clock.pass(2 * HOUR_MS);
    expect(bench.conveyor.state()).toMatchObject({ confirmedSize: 0, postedSize: 302 });
    bench.target.claims = null;
    await bench.clock.pass(ARCHIVE_CONFIRM_MS);
    await bench.clock.idle();
    expect(bench.conveyor.state().confirmedSize).toBe(302);
    expect(bench.target.posted.length).toBe(2);
  });

  it('posts the same bytes again where the archive lost them', async () => {
    const bench = await newBench();
    bench.target.claims = 'unknown';
    await bench.grow(300);
    await bench.clock.pass(ARCHIVE_LOST_MS - ARCHIVE_CONFIRM_MS);
    expect(bench.target.posted.length).toBe(2);
    await bench.clock.pass(2 * ARCHIVE_CONFIRM_MS);
    expect(bench.target.posted.length).toBeGreaterThan(2);
    expect(new Set(bench.target.posted).size).toBe(2);
    bench.target.claims = null;
    await bench.clock.pass(ARCHIVE_LOST_MS);
    await bench.clock.idle();
    expect(bench.conveyor.state().confirmedSize).toBe(302);
    expect((await bench.archived()).length).toBe(2);
  });

  it('goes on where it was after a restart', async () => {
    const bench = await newBench();
    await bench.grow(300);
    bench.target.broken = failure('unavailable', 'down');
    await bench.grow(300);
    await bench.stop();
    bench.target.broken = null;
    await bench.start();
    await bench.grow(300);
    await bench.clock.pass(ARCHIVE_TAIL_MS);
    await bench.clock.idle();
    const pieces = await bench.archived();
    expect(bench.conveyor.state().confirmedSize).toBe(902);
    expect(pieces.every(({ first }, at) => first === (pieces[at - 1]?.end ?? 0))).toBe(true);
    expect(bench.target.posted.length).toBe(pieces.length);
  });

  it(
    'holds no more than its queue may, however far the archive is behind',
    { timeout: 120_000 },
    async () => {
      const bench = await newBench();
      bench.target.broken = failure('unavailable', 'down');
      // Each of these fills a piece.
      for (let at = 0; at < ARCHIVE_QUEUE_MAX + 6; at++) {
        await bench.record.count(ann, { add: 1, filling: new Uint8Array(60_000) });
      }
      await bench.grow(256);
      bench.target.broken = null;
      const calls = bench.target.calls.length;
      await bench.clock.pass(ARCHIVE_TAIL_MS + ARCHIVE_RETRY_MS_MIN);
      await bench.clock.idle();
      expect(bench.target.calls.length - calls).toBeGreaterThan(ARCHIVE_QUEUE_MAX);
      expect(bench.conveyor.state().confirmedSize).toBe(bench.record.size);
    },
  );
});

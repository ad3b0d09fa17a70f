import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { openLogFile } from './log-file.ts';
import type { LogThread } from './log-message.ts';
import { CHUNKS, EVENTS, snapshotOf, stepsOf } from './snapshot-steps.contract.ts';
import { expectOk } from './store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-torn-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Of SQLite's write-ahead file: https://sqlite.org/walformat.html
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

let files = 0;
function freshPath(): string {
  files += 1;
  const path = join(folder, `${files}`);
  mkdirSync(path);
  return join(path, 'log.sqlite');
}

function eventsIn(log: LogThread): string[] {
  const head = expectOk(log.head());
  return [...log.eventsAfter(head.snapshot?.eventCount ?? 0)];
}

/** Opens, reads what is there, sees that it still takes a commit, and closes. */
function reopened(path: string): readonly string[] {
  const log = expectOk(openLogFile(path));
  const events = eventsIn(log);
  expectOk(log.commit([['event', 'later']]));
  expect(eventsIn(log)).toEqual([...events, 'later']);
  log.close();
  return events;
}

type Frame = { readonly at: number; readonly isCommit: boolean };

/** A store with commits of several sizes, as it lies on the disk before anything was moved there. */
function writtenStore(commits: number) {
  const path = freshPath();
  const log = expectOk(openLogFile(path));
  const before = framesOf(readFileSync(`${path}-wal`)).filter(({ isCommit }) => isCommit).length;
  for (let commit = 1; commit <= commits; commit++) {
    // Events of some bytes, of a page, and of several.
    const text = `${commit} `.padEnd(10 ** (1 + (commit % 4)), 'x');
    expectOk(
      log.commit([
        ['event', text],
        ['keep', 'last', Uint8Array.of(commit)],
      ]),
    );
  }
  const wal = readFileSync(`${path}-wal`);
  const main = readFileSync(path);
  log.close();
  const frames = framesOf(wal);
  /** Commits of which every frame lies before this byte. */
  const wholeBefore = (byte: number): number => {
    const whole = frames.filter(({ at, isCommit }, index) => {
      return isCommit && (frames[index + 1]?.at ?? wal.byteLength) <= byte && at < byte;
    });
    return Math.max(0, whole.length - before);
  };
  /** What is found with these bytes as the write-ahead file. */
  const found = (bytes: Uint8Array): readonly number[] => {
    const torn = freshPath();
    writeFileSync(torn, main);
    writeFileSync(`${torn}-wal`, bytes);
    return reopened(torn).map((text) => Number(text.split(' ')[0]));
  };
  return { wal, frames, wholeBefore, found };
}

function framesOf(wal: Uint8Array): Frame[] {
  const view = new DataView(wal.buffer, wal.byteOffset, wal.byteLength);
  const pageBytes = view.getUint32(8);
  const frames: Frame[] = [];
  for (let at = WAL_HEADER_BYTES; at < wal.byteLength; at += FRAME_HEADER_BYTES + pageBytes) {
    frames.push({ at, isCommit: view.getUint32(at + 4) !== 0 });
  }
  return frames;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('a log whose last write was torn', () => {
  const COMMITS = 24;

  it('at any boundary of a frame, or within one, has all commits before it and no half', () => {
    const { wal, frames, wholeBefore, found } = writtenStore(COMMITS);
    expect(frames.length).toBeGreaterThan(3 * COMMITS);
    expect(found(wal)).toEqual(upTo(COMMITS));
    for (const { at } of frames) {
      for (const cut of [at, at + 1, at + FRAME_HEADER_BYTES, at + 2_000]) {
        expect(found(wal.subarray(0, cut))).toEqual(upTo(wholeBefore(cut)));
      }
    }
  });

  it('with bytes in it that were never written so, has all commits before them', () => {
    const { wal, frames, wholeBefore, found } = writtenStore(COMMITS);
    for (const { at } of frames) {
      for (const offset of [0, 5, 17, FRAME_HEADER_BYTES, 3_000]) {
        const broken = Uint8Array.from(wal);
        broken[at + offset] = (broken[at + offset] ?? 0) ^ 0x40;
        expect(found(broken)).toEqual(upTo(wholeBefore(at)));
      }
    }
  });
});

describe('a snapshot that is killed', () => {
  const SCRIPT = new URL('./snapshot-steps.contract.ts', import.meta.url).pathname;
  /** Begin, chunks, finish. */
  const STEPS = CHUNKS + 2;

  async function killedAfter(steps: number): Promise<string> {
    const path = freshPath();
    const args = [SCRIPT, path, String(steps)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    return path;
  }

  it.each(Array.from({ length: STEPS + 1 }, (_, steps) => steps))(
    'after %i of its steps leaves the older one and all events, or is there as a whole',
    async (steps) => {
      const path = await killedAfter(steps);
      const log = expectOk(openLogFile(path));
      const covered = steps === STEPS ? EVENTS : EVENTS / 2;
      expect(expectOk(log.head())).toMatchObject({
        snapshot: { eventCount: covered },
        eventCount: EVENTS,
      });
      expect(Buffer.compare(expectOk(log.snapshot()), snapshotOf(covered))).toBe(0);
      expect(eventsIn(log)).toEqual(upTo(EVENTS).slice(covered).map(String));
      // The next one leaves nothing behind of those before.
      for (const step of stepsOf(log, EVENTS)) expect(step()).toMatchObject({ ok: true });
      expect(Buffer.compare(expectOk(log.snapshot()), snapshotOf(EVENTS))).toBe(0);
      log.close();
      const database = new DatabaseSync(path);
      const counts = ['snapshots', 'snapshot_chunks', 'events'].map((table) => {
        return database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'];
      });
      database.close();
      expect(counts).toEqual([1, CHUNKS, 0]);
    },
  );
});

describe('a log that is not what was written', () => {
  function withSnapshot(change: string): string {
    const path = freshPath();
    const log = expectOk(openLogFile(path));
    for (let event = 1; event <= EVENTS; event++) expectOk(log.commit([['event', `${event}`]]));
    for (const step of stepsOf(log, EVENTS / 2)) step();
    log.close();
    const database = new DatabaseSync(path);
    database.exec(change);
    database.close();
    return path;
  }

  it.each([
    ['a changed byte', `UPDATE snapshot_chunks SET body = zeroblob(length(body)) WHERE chunk = 2`],
    ['a chunk that is gone', 'DELETE FROM snapshot_chunks WHERE chunk = 1'],
    ['a chunk too many', 'INSERT INTO snapshot_chunks VALUES (1, 99, zeroblob(1))'],
    ['a shorter chunk', `UPDATE snapshot_chunks SET body = zeroblob(3) WHERE chunk = 3`],
  ])('by a snapshot with %s is refused, with the remedy', (_, change) => {
    const log = expectOk(openLogFile(withSnapshot(change)));
    expect(log.snapshot()).toMatchObject({
      failure: { code: 'storage_failed', message: expect.stringMatching(/damaged.*Restore it/) },
    });
    log.close();
  });

  it.each([
    ['the first behind the snapshot', 'DELETE FROM events WHERE seq = 11'],
    ['one in the middle', 'DELETE FROM events WHERE seq = 15'],
    ['the snapshot itself', 'DELETE FROM snapshots'],
    [
      'all that happened to a job',
      `DELETE FROM snapshots; DELETE FROM events;
       INSERT INTO jobs VALUES ('job', 'key', x'00', x'00', x'00', NULL, NULL)`,
    ],
  ])('because it lacks %s is refused, with the remedy', (_, change) => {
    const log = expectOk(openLogFile(withSnapshot(change)));
    expect(log.head()).toMatchObject({
      failure: { code: 'storage_failed', message: expect.stringMatching(/damaged.*Restore it/) },
    });
    log.close();
  });
});

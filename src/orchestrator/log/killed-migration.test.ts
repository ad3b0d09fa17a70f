import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { encode } from 'cborg';
import { afterAll, expect, it } from 'vitest';
import { openStore } from './sqlite-store.ts';
import { contentOf, expectOk } from './store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-migration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORDED = new URL('../../../e2e/histories/version-1/log.sqlite', import.meta.url).pathname;
const HEARTBEATS = 200_000;

/** The recorded store, with so many more events that migrating takes a while. */
function longStore(): string {
  const path = join(folder, 'log.sqlite');
  cpSync(RECORDED, path);
  const database = new DatabaseSync(path);
  const insert = database.prepare('INSERT INTO events (version, body) VALUES (1, ?)');
  const beat = { kind: 'heartbeat', session: `session_${'a'.repeat(43)}`, leases: [], atMs: 1 };
  database.exec('BEGIN');
  for (let index = 0; index < HEARTBEATS; index++) insert.run(encode(beat));
  database.exec('COMMIT');
  database.close();
  return path;
}

/** The format of a store, and how many events are there: in the words of that format. */
function lookAt(path: string): { readonly format: unknown; readonly events: unknown } {
  const database = new DatabaseSync(path);
  const format = database.prepare('PRAGMA user_version').get()?.['user_version'];
  const events = database.prepare('SELECT count(*) AS count FROM events').get()?.['count'];
  database.close();
  return { format, events };
}

it('a store whose migration is killed is as it was, and is migrated in the end', async () => {
  const path = longStore();
  const before = lookAt(path);
  expect(before.format).toBe(1);
  const module = new URL('./log-file.ts', import.meta.url).href;
  const code = `
    const { openLogFile } = await import(${JSON.stringify(module)});
    process.stdout.write('migrating');
    openLogFile(${JSON.stringify(path)});
    process.stdout.write('migrated');`;
  const left: ReturnType<typeof lookAt>[] = [];
  for (let waitMs = 5; lookAt(path).format === 1; waitMs *= 2) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    const gone = once(child, 'exit');
    await once(child.stdout, 'data');
    await pause(waitMs);
    child.kill('SIGKILL');
    await gone;
    left.push(lookAt(path));
  }
  expect(left.length).toBeGreaterThan(3);
  expect(left.slice(0, -1)).toEqual(left.slice(0, -1).map(() => before));
  const store = expectOk(await openStore(path));
  const { events } = await contentOf(store);
  const untouched = join(folder, 'untouched', 'log.sqlite');
  cpSync(RECORDED, untouched);
  const other = expectOk(await openStore(untouched));
  expect(events).toEqual((await contentOf(other)).events);
  expect(await store.jobsWithoutEnd()).toEqual(await other.jobsWithoutEnd());
  await Promise.all([store.close(), other.close()]);
});

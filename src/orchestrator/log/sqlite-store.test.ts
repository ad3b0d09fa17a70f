import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from './sqlite-store.ts';
import { describeStore, expectOk, tick, timesIn } from './store.contract.ts';
import type { Store, Write } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-store-'));
const opened: Store[] = [];
afterAll(async () => {
  for (const store of opened) await store.close();
});

let files = 0;
function freshPath(): string {
  files += 1;
  return join(folder, `${files}`, 'log.sqlite');
}

async function open(path: string): Promise<Store> {
  const store = expectOk(await openStore(path));
  opened.push(store);
  return store;
}

describeStore('in a file', () => {
  const path = freshPath();
  return { open: () => open(path) };
});

describe('a store in a file', () => {
  it('is readable by its owner alone', async () => {
    const path = freshPath();
    await open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });
});

describe('openStore', () => {
  async function refusal(path: string): Promise<string> {
    const outcome = await openStore(path);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    return outcome.ok ? '' : outcome.failure.message;
  }

  it('refuses a store that another orchestrator has open', async () => {
    const path = freshPath();
    await open(path);
    expect(await refusal(path)).toMatch(/in use by another orchestrator.*--data/);
  });

  it('refuses it to a loop that is busy until the thread is over', async () => {
    const path = freshPath();
    mkdirSync(path, { recursive: true });
    const refused = refusal(path);
    // Blocks the loop: from within, nothing tells that the thread has ended.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    expect(await refused).toMatch(/log\.sqlite/);
  });

  it('opens a store that was closed before', async () => {
    const path = freshPath();
    await (await open(path)).close();
    expect(await timesIn(await open(path))).toEqual([]);
  });

  it('refuses a store of a newer format', async () => {
    const path = freshPath();
    await (await open(path)).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(await refusal(path)).toMatch(/format 99.*newer manyhands/);
  });

  it("refuses another program's database", async () => {
    const path = freshPath();
    mkdirSync(join(path, '..'));
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE theirs (x)');
    database.close();
    expect(await refusal(path)).toMatch(/belongs to another program/);
  });

  it('refuses a file that is no database', async () => {
    const path = freshPath();
    mkdirSync(join(path, '..'));
    writeFileSync(path, 'x'.repeat(8192));
    expect(await refusal(path)).toMatch(/damaged.*--data/);
  });

  it('refuses a damaged store', async () => {
    const path = freshPath();
    const store = await open(path);
    expectOk(await store.commit(Array.from({ length: 5000 }, (_, index) => tick(index))));
    await store.close();
    const bytes = new Uint8Array(statSync(path).size).fill(0xff, 8192);
    const database = new DatabaseSync(path);
    database.close();
    writeFileSync(path, bytes.subarray(8192), { flag: 'r+' });
    expect(await refusal(path)).toMatch(/damaged/);
  });

  it('refuses a folder that cannot be', async () => {
    const file = freshPath();
    mkdirSync(join(file, '..'));
    writeFileSync(file, '');
    expect(await refusal(join(file, 'log.sqlite'))).toMatch(/cannot be opened.*--data/);
  });
});

describe('kill -9', () => {
  it('loses nothing that was committed', async () => {
    const path = freshPath();
    const module = new URL('./sqlite-store.ts', import.meta.url).href;
    const code = `
      const { openStore } = await import(${JSON.stringify(module)});
      const store = (await openStore(${JSON.stringify(path)})).value;
      for (let atMs = 0; ; atMs++) {
        await store.commit([{ kind: 'event', event: { kind: 'tick', atMs } }]);
        process.stdout.write(atMs + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    let acknowledged = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged === 200) child.kill('SIGKILL');
    }
    const kept = await timesIn(await open(path));
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    expect(kept.slice(0, acknowledged + 1)).toEqual(
      Array.from({ length: acknowledged + 1 }, (_, index) => index),
    );
  });
});

describe('a full disk', () => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'manyhands-full-'));
  const mount = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint];
  const mounted = spawnSync('mount', mount).status === 0;
  if (!mounted) process.stderr.write('skipped: a full disk (no tmpfs can be mounted here)\n');
  afterAll(() => {
    if (mounted) spawnSync('umount', ['--lazy', mountPoint]);
  });

  it.skipIf(!mounted)(
    'refuses with storage_full, keeps what it had, and goes on when there is room again',
    async () => {
      const path = join(mountPoint, 'log.sqlite');
      const store = await open(path);
      const keep = (name: string, bytes: number): Write => {
        return { kind: 'keep', name, value: new Uint8Array(bytes).fill(7) };
      };
      const refusal = {
        ok: false,
        failure: { code: 'storage_full', message: expect.stringContaining('Free some space') },
      };
      let committed = 0;
      for (; ; committed++) {
        const outcome = await store.commit([tick(committed), keep(`${committed}`, 10_000)]);
        if (outcome.ok) continue;
        expect(outcome).toMatchObject(refusal);
        break;
      }
      expect(committed).toBeGreaterThan(5);
      const all = Array.from({ length: committed }, (_, index) => index);
      expect(await timesIn(store)).toEqual(all);
      const snapshot = { eventCount: committed, tasksAccepted: 0, bytes: new Uint8Array(2e6) };
      expect(await store.saveSnapshot(snapshot)).toMatchObject(refusal);
      expect(await timesIn(store)).toEqual(all);
      await store.close();
      const reopened = await open(path);
      expect(await timesIn(reopened)).toEqual(all);
      expect(await reopened.commit([tick(-1), keep('large', 2e6)])).toMatchObject(refusal);
      spawnSync('mount', ['-o', 'remount,size=16m', mountPoint]);
      expectOk(await reopened.saveSnapshot(snapshot));
      expectOk(await reopened.commit([tick(committed), keep('large', 2e6)]));
      expect(await timesIn(reopened)).toEqual([committed]);
    },
  );

  it('by a limit on the size of files loses nothing acknowledged', async () => {
    const path = freshPath();
    const module = new URL('./sqlite-store.ts', import.meta.url).href;
    const code = `
      const { openStore } = await import(${JSON.stringify(module)});
      const store = (await openStore(${JSON.stringify(path)})).value;
      for (let atMs = 0; ; atMs++) {
        const value = new Uint8Array(20_000);
        const outcome = await store.commit([
          { kind: 'event', event: { kind: 'tick', atMs } },
          { kind: 'keep', name: 'x' + atMs, value },
        ]);
        console.log(outcome.ok ? atMs : outcome.failure.code);
        if (!outcome.ok) break;
      }
      await store.close();`;
    const limited = `ulimit -f 1024; exec ${process.execPath} --input-type=module -e "$0"`;
    const ran = spawnSync('bash', ['-c', limited, code], { encoding: 'utf8' });
    const lines = ran.stdout.trim().split('\n');
    expect(lines.pop()).toMatch(/storage_(full|failed)/);
    expect(lines.length).toBeGreaterThan(5);
    expect(await timesIn(await open(path))).toEqual(lines.map(Number));
  });
});

describe('a store that cannot be read', () => {
  it('because an event is not what was written says so, and which', async () => {
    const path = freshPath();
    const store = await open(path);
    expectOk(await store.commit([tick(1), tick(2), tick(3)]));
    await store.close();
    const database = new DatabaseSync(path);
    database.exec(`UPDATE events SET body = '{"kind' WHERE seq = 2`);
    database.close();
    const content = expectOk(await (await open(path)).readLog());
    const batches = [];
    for await (const batch of content.events()) batches.push(batch);
    expect(batches).toMatchObject([
      {
        ok: false,
        failure: { code: 'storage_failed', message: expect.stringMatching(/event 2.*Restore/) },
      },
    ]);
  });
});

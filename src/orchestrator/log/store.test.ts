import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobId, AgentId } from '../../domain/ids.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { USUAL_TERMS, type JobView } from '../../domain/job.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { TaskOutput } from '../../domain/work.ts';
import { openStore, type Store, type Write } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-store-'));
const opened: Store[] = [];
afterAll(() => opened.forEach((store) => store.close()));

const job = `job_${'0'.repeat(26)}` as JobId;
const lease = 7 as LeaseNumber;
const agent = 'A'.repeat(43) as AgentId;

let files = 0;
function freshPath(): string {
  files += 1;
  return join(folder, `${files}`, 'log.sqlite');
}

function open(path: string): Store {
  const store = expectOk(openStore(path));
  opened.push(store);
  return store;
}

const stored: Write = {
  kind: 'job',
  job,
  idempotencyKey: 'a',
  specDigest: new Uint8Array(32),
  spec: {
    name: 'j',
    workload: { kind: 'operators', inputs: [], nodes: [], outputs: [] },
    ...USUAL_TERMS,
    checking: { kind: 'auto' },
    rowsPerTask: null,
  },
  plan: { stageCount: 1, stages: [], inputs: [], outputs: [] },
};

const view: JobView = {
  job,
  name: 'j',
  workload: 'operators',
  state: 'done',
  submittedAtMs: 1,
  endedAtMs: 2,
  stage: 0,
  stageCount: 1,
  taskCount: 1,
  tasksAccepted: 1,
  tasksLeased: 0,
  tasksChecking: 0,
  rowCount: 1,
  rowsAccepted: 1,
  contributorCount: 1,
  failure: null,
};

function expectOk<T>(outcome: Outcome<T>): T {
  expect(outcome).toMatchObject({ ok: true });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

function tick(atMs: number): Write {
  return { kind: 'event', event: { kind: 'tick', atMs } };
}

function times(store: Store): number[] {
  return [...store.events()].map((event) => expectOk(event).atMs);
}

function outputOf(...bytes: number[]): TaskOutput {
  const source = { kind: 'inline', bytes: new Uint8Array(bytes) } as const;
  return [{ dtype: 'uint8', shape: [bytes.length], source }];
}

describe('a store', () => {
  it('gives events back in order when it is opened again', () => {
    const path = freshPath();
    const first = open(path);
    expectOk(first.commit([tick(1), tick(2)]));
    expectOk(first.commit([tick(3)]));
    first.close();
    expect(times(open(path))).toEqual([1, 2, 3]);
  });

  it('is readable by its owner alone', () => {
    const path = freshPath();
    open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });

  it('keeps the first output reported under a lease', () => {
    const store = open(freshPath());
    expectOk(store.commit([{ kind: 'result', lease, job, agent, output: outputOf(1) }]));
    expectOk(store.commit([{ kind: 'result', lease, job, agent, output: outputOf(2) }]));
    expect(store.output(lease)).toEqual(outputOf(1));
  });

  it('keeps how a job ended, and drops the outputs of its tasks', () => {
    const store = open(freshPath());
    expectOk(store.commit([stored, { kind: 'result', lease, job, agent, output: outputOf(1) }]));
    expect(store.jobsWithoutEnd()).toEqual([job]);
    expectOk(store.commit([{ kind: 'ended', view }]));
    expect(store.output(lease)).toBeNull();
    expect(store.endedJob(job)).toEqual(view);
    expect(store.jobsWithoutEnd()).toEqual([]);
  });

  it('keeps no output that is reported when its job has ended', () => {
    const store = open(freshPath());
    const late = { kind: 'result', lease, job, agent, output: outputOf(1) } as const;
    expectOk(store.commit([stored, { kind: 'ended', view }]));
    expectOk(store.commit([late]));
    expect(store.output(lease)).toBeNull();
  });

  it('makes nothing of a transaction durable when a part of it fails', () => {
    const store = open(freshPath());
    expectOk(store.commit([stored]));
    const outcome = store.commit([tick(1), stored]);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    expect(times(store)).toEqual([]);
    expect(store.jobByKey('a')?.job).toBe(job);
  });
});

describe('openStore', () => {
  function refusal(path: string): string {
    const outcome = openStore(path);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    return outcome.ok ? '' : outcome.failure.message;
  }

  it('refuses a store that another orchestrator has open', () => {
    const path = freshPath();
    open(path);
    expect(refusal(path)).toMatch(/in use by another orchestrator.*--data/);
  });

  it('opens a store that was closed before', () => {
    const path = freshPath();
    open(path).close();
    expect(times(open(path))).toEqual([]);
  });

  it('refuses a store of a newer format', () => {
    const path = freshPath();
    open(path).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(refusal(path)).toMatch(/format 99.*newer manyhands/);
  });

  it("refuses another program's database", () => {
    const path = freshPath();
    mkdirSync(join(path, '..'));
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE theirs (x)');
    database.close();
    expect(refusal(path)).toMatch(/belongs to another program/);
  });

  it('refuses a file that is no database', () => {
    const path = freshPath();
    mkdirSync(join(path, '..'));
    writeFileSync(path, 'x'.repeat(8192));
    expect(refusal(path)).toMatch(/damaged.*--data/);
  });

  it('refuses a damaged store', () => {
    const path = freshPath();
    const store = open(path);
    expectOk(store.commit(Array.from({ length: 5000 }, (_, index) => tick(index))));
    store.close();
    const bytes = new Uint8Array(statSync(path).size).fill(0xff, 8192);
    const database = new DatabaseSync(path);
    database.close();
    writeFileSync(path, bytes.subarray(8192), { flag: 'r+' });
    expect(refusal(path)).toMatch(/damaged/);
  });

  it('refuses a folder that cannot be', () => {
    const file = freshPath();
    mkdirSync(join(file, '..'));
    writeFileSync(file, '');
    expect(refusal(join(file, 'log.sqlite'))).toMatch(/cannot be opened.*--data/);
  });
});

describe('kill -9', () => {
  it('loses nothing that was committed', async () => {
    const path = freshPath();
    const module = new URL('./store.ts', import.meta.url).href;
    const code = `
      const { openStore } = await import(${JSON.stringify(module)});
      const store = openStore(${JSON.stringify(path)}).value;
      for (let atMs = 0; ; atMs++) {
        store.commit([{ kind: 'event', event: { kind: 'tick', atMs } }]);
        process.stdout.write(atMs + '\\n');
        if (atMs % 16 === 15) await new Promise(setImmediate);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    let acknowledged = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged === 200) child.kill('SIGKILL');
    }
    const kept = times(open(path));
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

  it.skipIf(!mounted)('refuses with storage_full, and goes on when there is room again', () => {
    const path = join(mountPoint, 'log.sqlite');
    const store = open(path);
    const keep = (name: string, bytes: number): Write => {
      return { kind: 'keep', name, value: new Uint8Array(bytes).fill(7) };
    };
    expectOk(store.commit([tick(1)]));
    const refused = store.commit([tick(2), keep('large', 2_000_000)]);
    expect(refused).toMatchObject({
      ok: false,
      failure: { code: 'storage_full', message: expect.stringContaining('Free some space') },
    });
    expect(times(store)).toEqual([1]);
    spawnSync('mount', ['-o', 'remount,size=16m', mountPoint]);
    expectOk(store.commit([tick(2), keep('large', 2_000_000)]));
    expect(times(store)).toEqual([1, 2]);
  });
});

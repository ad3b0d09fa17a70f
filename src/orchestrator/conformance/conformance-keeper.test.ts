import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import { CONFORMANCE_FRESH_MS, CONFORMANCE_SAVE_MS } from '../../domain/limits.ts';
import { KERNEL_BUILD } from '../../kernels/index.ts';
import type { Logger } from '../logger.ts';
import { openConformanceTable } from './conformance-keeper.ts';

const ADA = 'ada'.padEnd(43, '_') as AgentId;
const features = {
  wasmSimd: true,
  wasmRelaxedSimd: true,
  wasmThreads: true,
  webgpu: null,
} as const;
const JOINED = {
  agent: ADA,
  capability: { label: 'Chromium 156, Linux', features },
  conformance: [
    { primitive: 'tanh', backend: 'webgpu', passed: false, detail: 'element 3 is 1, not 2' },
    { primitive: 'tanh', backend: 'wasm', passed: true, detail: '' },
  ],
} as const;

/** A table in a folder, under a clock and standings of the test's own. */
async function opened(folder = mkdtempSync(join(tmpdir(), 'manyhands-conformance-'))) {
  const warnings: string[] = [];
  const timers: { delayMs: number; call: () => void }[] = [];
  const world = { nowMs: 1_000, accepted: 0 };
  const quiet = () => undefined;
  const warn = (message: string) => void warnings.push(message);
  const logger: Logger = { debug: quiet, info: quiet, warn, error: quiet };
  const table = await openConformanceTable({
    folder,
    logger,
    now: () => world.nowMs,
    standingOf: () => ({ accepted: world.accepted, rejected: 0, pending: 0, quarantine: null }),
    platform: {
      after: (delayMs, call) => {
        timers.push({ delayMs, call });
        return () => undefined;
      },
    },
  });
  return { table, folder, file: join(folder, 'conformance.jsonl'), world, warnings, timers };
}

describe('a table of devices', () => {
  it('lasts over a restart, with what was judged meanwhile', async () => {
    const first = await opened();
    first.table.note(JOINED);
    first.world.accepted = 3;
    await first.table.close();
    const second = await opened(first.folder);
    expect(second.warnings).toEqual([]);
    second.world.accepted = 5;
    expect(second.table.told()).toMatchObject([
      { software: 'Chromium 156', keys: 1, lastSeenAtMs: 1_000, resultsAccepted: 5 },
    ]);
    const [webgpu, wasm] = second.table.told()[0]?.primitives ?? [];
    expect(webgpu).toMatchObject({ failedKeys: 1, failureDetail: 'element 3 is 1, not 2' });
    expect(wasm).toMatchObject({ backend: 'wasm', passedKeys: 1 });
    second.table.note(JOINED);
    expect(second.table.told()[0]?.keys).toBe(1);
  });

  it('keeps what crowd tests told, as long as the kernels are the same', async () => {
    const first = await opened();
    const conformance = [{ primitive: 'exp', backend: 'wasm', passed: true, detail: '' }] as const;
    const times = [{ operator: 'exp', backend: 'wasm', medianUs: 42 }] as const;
    const test = { label: 'Firefox 150, Linux', adapter: '', conformance, times };
    expect(first.table.noteTest({ agent: ADA, test })).toMatchObject({ software: 'Firefox 150' });
    expect(first.timers).toHaveLength(1);
    await first.table.close();
    const second = await opened(first.folder);
    const timed = { primitive: 'exp', passedKeys: 1, timedKeys: 1, medianUs: 42 };
    expect(second.table.told()[0]?.primitives).toMatchObject([timed]);
    const others = readFileSync(first.file, 'utf8').replace(KERNEL_BUILD, 'other kernels');
    writeFileSync(first.file, others);
    const third = await opened(first.folder);
    const untimed = { primitive: 'exp', passedKeys: 1, timedKeys: 0, medianUs: 0 };
    expect(third.table.told()[0]?.primitives).toMatchObject([untimed]);
    expect(third.warnings).toEqual([]);
  });

  it('is kept once, CONFORMANCE_SAVE_MS after the first of many has joined', async () => {
    const { table, timers, file } = await opened();
    for (let times = 0; times < 5; times++) table.note(JOINED);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([CONFORMANCE_SAVE_MS]);
    expect(existsSync(file)).toBe(false);
    timers[0]?.call();
    table.note(JOINED);
    expect(timers).toHaveLength(2);
    await table.close();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  it('is made anew only when it is older than CONFORMANCE_FRESH_MS', async () => {
    const { table, world } = await opened();
    table.note(JOINED);
    const told = table.told();
    world.accepted = 9;
    world.nowMs += CONFORMANCE_FRESH_MS;
    expect(table.told()).toBe(told);
    world.nowMs += 1;
    expect(table.told()[0]?.resultsAccepted).toBe(9);
  });

  it.each([['not JSON at all'], ['{"version":99,"tests":[]}'], ['{"version":1,"tests":[]}\n{']])(
    'is begun anew, with a warning, where its file holds %j',
    async (text) => {
      const folder = mkdtempSync(join(tmpdir(), 'manyhands-conformance-'));
      writeFileSync(join(folder, 'conformance.jsonl'), text);
      const { table, warnings } = await opened(folder);
      expect(warnings).toEqual(['the table of devices is begun anew']);
      expect(table.told()).toEqual([]);
    },
  );

  it('reads votes of a build that had fewer tests, in another order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyhands-conformance-'));
    const head = { version: 1, tests: ['wasm tanh', 'gone relu', 'webgpu exp'] };
    const device = {
      ...{ software: 'Node 24', adapter: '', lastSeenAtMs: 5, accepted: 1, rejected: 0 },
      ...{ details: [[2, 'why']], votes: [[ADA, '+--']], credited: [] },
    };
    const lines = [head, device].map((line) => JSON.stringify(line)).join('\n');
    writeFileSync(join(folder, 'conformance.jsonl'), lines);
    const { table } = await opened(folder);
    expect(table.told()[0]?.primitives).toEqual([
      expect.objectContaining({ primitive: 'exp', backend: 'webgpu', failureDetail: 'why' }),
      expect.objectContaining({ primitive: 'tanh', backend: 'wasm', passedKeys: 1 }),
    ]);
  });

  it('warns where it cannot be kept, and goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyhands-conformance-'));
    // A file stands where the folder of the store should be.
    writeFileSync(join(folder, 'occupied'), '');
    const { table, warnings } = await opened(join(folder, 'occupied'));
    table.note(JOINED);
    await table.close();
    expect(warnings.at(-1)).toBe('the table of devices is not kept');
    expect(table.told()).toHaveLength(1);
  });
});

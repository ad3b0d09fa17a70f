import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import { digestState } from '../../scheduler/index.ts';
import { lineLogger } from '../logger.ts';
import { recoverState } from '../recovery.ts';
import { followHistory, HISTORY_SEED } from './endless-history.contract.ts';
import { openStore } from './sqlite-store.ts';
import { expectOk } from './store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = new URL('./killed-process.contract.ts', import.meta.url).pathname;
const logger = lineLogger({ level: 'silent', write: () => {} });

/** Runs the process on a store until it acknowledged so many events, and then so long. */
async function runAndKill(
  path: string,
  until: { readonly events: number; readonly thenMs: number; readonly eventsASnapshot: number },
): Promise<{ readonly acknowledged: number }> {
  const args = [SCRIPT, path, String(until.eventsASnapshot)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let acknowledged = -1;
  let began = -1;
  let killing: Promise<unknown> | null = null;
  // Read to its end: what it told before it died was acknowledged.
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, number] = line.split(' ');
    acknowledged = Number(number);
    if (word === 'began') began = acknowledged;
    if (acknowledged - began < until.events || killing !== null) continue;
    killing = pause(until.thenMs).then(() => child.kill('SIGKILL'));
  }
  await gone;
  return { acknowledged };
}

/** What a new process finds; it must be the history up to an event, and nothing else. */
async function lookAt(path: string): Promise<{ readonly found: number; readonly covered: number }> {
  const store = expectOk(await openStore(path));
  const recovery = { seed: HISTORY_SEED, logger, now: () => 0 };
  const { state, position, behind } = expectOk(await recoverState(store, recovery));
  const { eventCount } = position;
  const expected = followHistory(eventCount);
  expect(digestState(state)).toBe(digestState(expected.state));
  for (const write of expected.writes) {
    if (write.kind !== 'outputs') continue;
    const leases = write.outputs.map(({ lease }) => lease);
    const outputs = write.outputs.map(({ output }) => output);
    expect(await store.outputs(write.job, leases)).toEqual(outputs);
  }
  await store.close();
  return { found: eventCount, covered: eventCount - behind.eventCount };
}

describe('a process killed by kill -9', () => {
  it('at each of its first commits loses nothing acknowledged', { timeout: 120_000 }, async () => {
    for (let events = 0; events < 12; events++) {
      const path = join(folder, `first-${events}`, 'log.sqlite');
      const { acknowledged } = await runAndKill(path, { events, thenMs: 0, eventsASnapshot: 5 });
      const { found } = await lookAt(path);
      // One more may have become durable that nobody was told of.
      expect(found).toBeGreaterThanOrEqual(acknowledged);
      expect(found).toBeLessThanOrEqual(acknowledged + 1);
    }
  });

  it('again and again, at any instant, goes on where it was', { timeout: 240_000 }, async () => {
    const path = join(folder, 'again', 'log.sqlite');
    const random = randomStream(20_261_125, 'instants of kills');
    let before = 0;
    let covered = 0;
    for (let kills = 0; kills < 24; kills++) {
      const events = random.nextBelow(60);
      const thenMs = random.nextUnit() * 6;
      const { acknowledged } = await runAndKill(path, { events, thenMs, eventsASnapshot: 7 });
      const looked = await lookAt(path);
      expect(looked.found).toBeGreaterThanOrEqual(Math.max(acknowledged, before));
      expect(looked.found).toBeLessThanOrEqual(Math.max(acknowledged, before) + 1);
      before = looked.found;
      ({ covered } = looked);
    }
    // The log was shortened on the way.
    expect(covered).toBeGreaterThan(100);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { digestState, type SchedulerEventBody } from '../scheduler/index.ts';
import { startCoordinator } from './coordinator.ts';
import { openStore } from './log/store.ts';
import { lineLogger } from './logger.ts';
import { nodePlatform } from './node-platform.ts';
import { recoverState } from './recovery.ts';
import { CAPABILITY, freshFolder, valueOf } from './volunteer.contract.ts';

const SEED = 1;

function start(path: string, now: () => number = () => 1_000) {
  const store = valueOf(openStore(path));
  const lines: string[] = [];
  const logger = lineLogger({ level: 'info', write: (line) => lines.push(line) });
  const { state } = valueOf(recoverState(store, SEED));
  const coordinator = startCoordinator({ state, store, logger, now, platform: nodePlatform });
  /** What the log alone leads to. */
  const replayed = () => digestState(valueOf(recoverState(store, SEED)).state);
  return { coordinator, store, lines, replayed };
}

function joined(index: number): SchedulerEventBody {
  const letter = String.fromCharCode(65 + index);
  const agent = letter.repeat(43) as AgentId;
  const session = `session_${letter.repeat(43)}` as SessionId;
  return { kind: 'agent-joined', agent, session, capability: CAPABILITY };
}

describe('a coordinator', () => {
  it('gives effects in the order of events, once all are durable', async () => {
    const { coordinator, store, replayed } = start(join(freshFolder(), 'log.sqlite'));
    const order: number[] = [];
    const submitted = [0, 1, 2].map(async (index) => {
      valueOf(await coordinator.submit(joined(index)));
      order.push(index);
      return [...store.events()].length;
    });
    expect(await Promise.all(submitted)).toEqual([3, 3, 3]);
    expect(order).toEqual([0, 1, 2]);
    expect(replayed()).toBe(digestState(coordinator.state));
    store.close();
  });

  it('has time go on where the clock was set back, while it runs and before it began', async () => {
    let clockMs = 1_000_000;
    const path = join(freshFolder(), 'log.sqlite');
    const first = start(path, () => clockMs);
    valueOf(await first.coordinator.submit(joined(0)));
    clockMs -= 900_000;
    expect(first.coordinator.nowMs()).toBe(1_000_000);
    clockMs += 20_000;
    expect(first.coordinator.nowMs()).toBe(1_020_000);
    valueOf(await first.coordinator.submit(joined(1)));
    first.store.close();
    const second = start(path, () => clockMs);
    clockMs += 5_000;
    expect(second.coordinator.nowMs()).toBe(1_025_000);
    second.store.close();
  });

  it('takes nothing once it stops', async () => {
    const { coordinator, store } = start(join(freshFolder(), 'log.sqlite'));
    const last = coordinator.submit(joined(0));
    await coordinator.stop();
    expect(await last).toMatchObject({ ok: true });
    expect(await coordinator.submit(joined(1))).toMatchObject({
      failure: { code: 'unavailable' },
    });
    expect([...store.events()]).toHaveLength(1);
    store.close();
  });
});

describe('on a full disk, a coordinator', () => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'manyhands-full-'));
  const mount = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint];
  const mounted = spawnSync('mount', mount).status === 0;
  if (!mounted) process.stderr.write('skipped: a full disk (no tmpfs can be mounted here)\n');
  afterAll(() => {
    if (mounted) spawnSync('umount', ['--lazy', mountPoint]);
  });

  it.skipIf(!mounted)(
    'refuses what is too much, keeps state and log agreed, and recovers',
    async () => {
      const { coordinator, store, lines, replayed } = start(join(mountPoint, 'log.sqlite'));
      const told: string[] = [];
      coordinator.onEffect(({ kind }) => told.push(kind));
      const large = { kind: 'keep', name: 'x', value: new Uint8Array(2_000_000) } as const;
      valueOf(await coordinator.submit(joined(0)));
      const before = told.length;
      const [refused, small] = await Promise.all([
        coordinator.submit(joined(1), [large]),
        coordinator.submit(joined(2)),
      ]);
      expect(refused).toMatchObject({ ok: false, failure: { code: 'storage_full' } });
      expect(small).toMatchObject({ ok: true });
      expect(coordinator.state.sessions.size).toBe(2);
      expect(told.length).toBe(before);
      expect(replayed()).toBe(digestState(coordinator.state));
      expect(lines.join('')).toContain('Free some space');
      let insisted = false;
      const insisting = coordinator.insist(joined(1), [large]).then(() => (insisted = true));
      await coordinator.submit({ kind: 'tick' });
      expect(insisted).toBe(false);
      spawnSync('mount', ['-o', 'remount,size=16m', mountPoint]);
      await insisting;
      expect(coordinator.storageFailure()).toBeNull();
      expect(coordinator.state.sessions.size).toBe(3);
      expect(replayed()).toBe(digestState(coordinator.state));
      store.close();
    },
  );
});

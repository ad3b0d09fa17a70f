import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { digestState, type SchedulerEventBody } from '../scheduler/index.ts';
import { startCoordinator } from './coordinator.ts';
import { contentOf } from './log/store.contract.ts';
import { openStore } from './log/sqlite-store.ts';
import { lineLogger } from './logger.ts';
import { recoverState } from './recovery.ts';
import { CAPABILITY, freshFolder, valueOf } from './volunteer.contract.ts';

const SEED = 1;

async function start(path: string) {
  const store = valueOf(await openStore(path));
  const lines: string[] = [];
  const logger = lineLogger({ level: 'info', write: (line) => lines.push(line) });
  const recovery = { seed: SEED, logger, now: () => 1_000 };
  const { state } = valueOf(await recoverState(store, recovery));
  const coordinator = startCoordinator({ state, store, logger, now: () => 1_000 });
  /** What the log alone leads to. */
  const replayed = async () => digestState(valueOf(await recoverState(store, recovery)).state);
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
    const { coordinator, store, replayed } = await start(join(freshFolder(), 'log.sqlite'));
    const order: number[] = [];
    const submitted = [0, 1, 2].map(async (index) => {
      valueOf(await coordinator.submit(joined(index)));
      order.push(index);
      return (await contentOf(store)).events.length;
    });
    expect(await Promise.all(submitted)).toEqual([3, 3, 3]);
    expect(order).toEqual([0, 1, 2]);
    expect(await replayed()).toBe(digestState(coordinator.state));
    await store.close();
  });

  it('takes nothing once it stops', async () => {
    const { coordinator, store } = await start(join(freshFolder(), 'log.sqlite'));
    const last = coordinator.submit(joined(0));
    await coordinator.stop();
    expect(await last).toMatchObject({ ok: true });
    expect(await coordinator.submit(joined(1))).toMatchObject({
      failure: { code: 'unavailable' },
    });
    expect((await contentOf(store)).events).toHaveLength(1);
    await store.close();
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
      const { coordinator, store, lines, replayed } = await start(join(mountPoint, 'log.sqlite'));
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
      expect(await replayed()).toBe(digestState(coordinator.state));
      expect(lines.join('')).toContain('Free some space');
      let insisted = false;
      const insisting = coordinator.insist(joined(1), [large]).then(() => (insisted = true));
      await coordinator.submit({ kind: 'tick' });
      expect(insisted).toBe(false);
      spawnSync('mount', ['-o', 'remount,size=16m', mountPoint]);
      await insisting;
      expect(coordinator.storageFailure()).toBeNull();
      expect(coordinator.state.sessions.size).toBe(3);
      expect(await replayed()).toBe(digestState(coordinator.state));
      await store.close();
    },
  );
});

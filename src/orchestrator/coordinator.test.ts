import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import {
  COMMIT_QUEUE_BYTES_MAX,
  COMMIT_QUEUE_MAX,
  COMMIT_QUEUE_RETRY_MS,
} from '../domain/limits.ts';
import { createScheduler, digestState, type SchedulerEventBody } from '../scheduler/index.ts';
import { startCoordinator } from './coordinator.ts';
import { contentOf } from './log/store.contract.ts';
import { memoryDisk, memoryStore } from './log/memory-store.ts';
import { openStore } from './log/sqlite-store.ts';
import type { Store, Write } from './log/store.ts';
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

/** A store in memory whose commits wait until they are let go. */
function gatedStore() {
  const disk = memoryDisk();
  const store = memoryStore(disk);
  const gates: (() => void)[] = [];
  const sizes: number[] = [];
  return {
    disk,
    sizes,
    letGo: () => gates.shift()?.(),
    store: {
      commit: async (writes: readonly Write[]) => {
        sizes.push(writes.length);
        await new Promise<void>((resolve) => gates.push(resolve));
        return store.commit(writes);
      },
    },
    /** How many commits were begun. */
    begun: () => sizes.length,
  };
}

function startOver(store: Pick<Store, 'commit'>) {
  const state = createScheduler(SEED);
  const logger = lineLogger({ level: 'silent', write: () => {} });
  return startCoordinator({ state, store, logger, now: () => 1_000 });
}

describe('while a commit is under way, a coordinator', () => {
  it('queues, and makes one commit of all that came meanwhile', async () => {
    const gated = gatedStore();
    const coordinator = startOver(gated.store);
    const first = coordinator.submit(joined(0));
    await expect.poll(gated.begun).toBe(1);
    const later = [1, 2, 3].map((index) => coordinator.submit(joined(index)));
    expect(coordinator.state.sessions.size).toBe(0);
    gated.letGo();
    valueOf(await first);
    expect(coordinator.state.sessions.size).toBe(1);
    await expect.poll(gated.begun).toBe(2);
    gated.letGo();
    for (const outcome of await Promise.all(later)) valueOf(outcome);
    expect(gated.sizes).toEqual([1, 3]);
    expect(coordinator.state.sessions.size).toBe(4);
  });

  it('refuses what its queue has no room for, but nothing that is insisted on', async () => {
    const gated = gatedStore();
    const coordinator = startOver(gated.store);
    const first = coordinator.submit({ kind: 'tick' });
    await expect.poll(gated.begun).toBe(1);
    const queued = Array.from({ length: COMMIT_QUEUE_MAX }, () => {
      return coordinator.submit({ kind: 'tick' });
    });
    expect(await coordinator.submit(joined(0))).toMatchObject({
      failure: { code: 'queue_full', retryAfterMs: COMMIT_QUEUE_RETRY_MS },
    });
    const insisted = coordinator.insist(joined(1));
    gated.letGo();
    await first;
    await expect.poll(gated.begun).toBe(2);
    // What was queued is being committed: there is room again.
    const accepted = coordinator.submit(joined(2));
    gated.letGo();
    for (const outcome of await Promise.all(queued)) valueOf(outcome);
    await insisted;
    await expect.poll(gated.begun).toBe(3);
    gated.letGo();
    valueOf(await accepted);
    expect(gated.sizes).toEqual([1, COMMIT_QUEUE_MAX + 1, 1]);
    expect(coordinator.state.sessions.size).toBe(2);
  });

  it('queues no more bytes than it may, and one write that is larger alone', async () => {
    const gated = gatedStore();
    const coordinator = startOver(gated.store);
    const bytes = (size: number): Write[] => {
      return [{ kind: 'keep', name: 'x', value: new Uint8Array(size) }];
    };
    const first = coordinator.submit({ kind: 'tick' });
    await expect.poll(gated.begun).toBe(1);
    const large = coordinator.submit(joined(0), bytes(COMMIT_QUEUE_BYTES_MAX + 1));
    expect(await coordinator.submit({ kind: 'tick' })).toMatchObject({
      failure: { code: 'queue_full' },
    });
    gated.letGo();
    await first;
    await expect.poll(gated.begun).toBe(2);
    gated.letGo();
    valueOf(await large);
  });

  it('that stops commits what was queued first', async () => {
    const gated = gatedStore();
    const coordinator = startOver(gated.store);
    const first = coordinator.submit(joined(0));
    await expect.poll(gated.begun).toBe(1);
    const second = coordinator.submit(joined(1));
    const stopped = coordinator.stop();
    gated.letGo();
    await expect.poll(gated.begun).toBe(2);
    gated.letGo();
    await stopped;
    valueOf(await first);
    valueOf(await second);
    expect(gated.disk.events).toHaveLength(2);
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

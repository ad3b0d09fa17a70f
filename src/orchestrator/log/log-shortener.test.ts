import { describe, expect, it } from 'vitest';
import { failure } from '../../domain/failure.ts';
import type { AgentId, SessionId } from '../../domain/ids.ts';
import { fail } from '../../domain/outcome.ts';
import { digestState, type SchedulerEventBody } from '../../scheduler/index.ts';
import { startCoordinator } from '../coordinator.ts';
import { lineLogger } from '../logger.ts';
import { recoverState } from '../recovery.ts';
import { CAPABILITY, valueOf } from '../volunteer.contract.ts';
import { logShortener } from './log-shortener.ts';
import { memoryDisk, memoryStore, type MemoryDisk } from './memory-store.ts';
import type { Store } from './store.ts';

const SEED = 1;
const logger = lineLogger({ level: 'silent', write: () => {} });

function joined(index: number): SchedulerEventBody {
  const letter = String.fromCharCode(65 + index);
  const agent = letter.repeat(43) as AgentId;
  const session = `session_${letter.repeat(43)}` as SessionId;
  return { kind: 'agent-joined', agent, session, capability: CAPABILITY };
}

async function start(disk: MemoryDisk, options: { store?: Store; now?: () => number } = {}) {
  const { store = memoryStore(disk), now = () => 1_000 } = options;
  const recovered = valueOf(await recoverState(store, { seed: SEED, logger, now }));
  const { state, position, behind, snapshotBytes } = recovered;
  const limits = { eventCount: 4, byteLength: 1e9 };
  const shortener = logShortener({ state, store, behind, snapshotBytes, logger, now, limits });
  const coordinator = startCoordinator({ state, store, logger, now, position, shortener });
  const submit = async (index: number): Promise<void> => {
    valueOf(await coordinator.submit(joined(index)));
    await shortener.idle();
  };
  return { coordinator, recovered, submit };
}

describe('a log', () => {
  it('of a few events keeps them all', async () => {
    const disk = memoryDisk();
    const { submit } = await start(disk);
    for (const index of [0, 1, 2]) await submit(index);
    expect(disk).toMatchObject({ snapshot: null, events: { length: 3 } });
  });

  it('that grew long enough is a snapshot, and leads to the same state', async () => {
    const disk = memoryDisk();
    const { submit, coordinator } = await start(disk);
    for (const index of [0, 1, 2, 3, 4]) await submit(index);
    expect(disk).toMatchObject({ snapshot: { eventCount: 4 }, events: { length: 1 } });
    const again = await start(disk);
    expect(again.recovered).toMatchObject({
      position: { eventCount: 5 },
      behind: { eventCount: 1 },
    });
    expect(digestState(again.coordinator.state)).toBe(digestState(coordinator.state));
  });

  it('counts what a former process left behind its snapshot', async () => {
    const disk = memoryDisk();
    for (const index of [0, 1, 2]) await (await start(disk)).submit(index);
    expect(disk.snapshot).toBeNull();
    await (await start(disk)).submit(3);
    expect(disk).toMatchObject({ snapshot: { eventCount: 4 }, events: { length: 0 } });
  });

  it('whose snapshot the disk refuses stays as it is, and is shortened later', async () => {
    const disk = memoryDisk();
    const clock = { atMs: 1_000 };
    let refusals = 1;
    const store: Store = {
      ...memoryStore(disk),
      saveSnapshot: async (snapshot) => {
        refusals -= 1;
        if (refusals < 0) return memoryStore(disk).saveSnapshot(snapshot);
        return fail(failure('storage_full', 'the disk is full. Free some space.'));
      },
    };
    const { submit } = await start(disk, { store, now: () => clock.atMs });
    for (const index of [0, 1, 2, 3, 4]) await submit(index);
    expect(disk).toMatchObject({ snapshot: null, events: { length: 5 } });
    clock.atMs += 60_000;
    await submit(5);
    expect(disk).toMatchObject({ snapshot: { eventCount: 6 }, events: { length: 0 } });
  });
});

import { describe, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { DISK_RETRY_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { checkPool } from './checking/check-pool.ts';
import { openHoldings } from './holdings.ts';
import { homeAlone } from './jobs/job-home.ts';
import { lineLogger } from './logger.ts';
import { nodePlatform } from './node-platform.ts';
import { CAPABILITY, freshFolder, valueOf } from './volunteer.contract.ts';
import { startWorkings } from './workings.ts';

const logger = lineLogger({ level: 'silent', write: () => {} });
const CHECK_ENTRY = new URL('../../workers/check-node.worker.ts', import.meta.url);
const AWAY = fail(failure('storage_failed', 'the others cannot be told now.'));

describe('the log of an orchestrator with others', () => {
  it('is not shortened before they know what it led to', async () => {
    const holdings = valueOf(await openHoldings(freshFolder(), logger));
    const { store, blocks, recovered } = holdings;
    let atMs = 1_000;
    let told: Outcome<void> = AWAY;
    const asked: number[] = [];
    const workings = startWorkings({
      ...{ store, blocks, recovered, logger },
      now: () => atMs,
      platform: nodePlatform,
      pool: checkPool({ threads: 1, blocks, logger, entry: CHECK_ENTRY }),
      evidence: null,
      shortenAt: { eventCount: 2, byteLength: Infinity },
      makeHome: (parts) => ({
        ...homeAlone(parts),
        beforeShortening: async () => {
          asked.push(parts.coordinator.eventCount());
          return told;
        },
      }),
    });
    const join = async (letter: string): Promise<void> => {
      const agent = letter.repeat(43) as AgentId;
      const session = `session_${agent}` as SessionId;
      const { coordinator } = workings;
      valueOf(
        await coordinator.submit({ kind: 'agent-joined', agent, session, capability: CAPABILITY }),
      );
    };
    const snapshot = async () => valueOf(await store.readLog()).snapshot;
    for (const letter of 'ABC') await join(letter);
    expect(asked).toEqual([2]);
    expect(await snapshot()).toBeNull();

    told = succeed(undefined);
    atMs += DISK_RETRY_MS;
    await join('D');
    await expect.poll(snapshot).toMatchObject({ eventCount: 4 });
    expect(asked).toEqual([2, 4]);
    await workings.stop();
    await store.close();
  });
});

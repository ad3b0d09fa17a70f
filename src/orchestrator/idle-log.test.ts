import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { AGENT_SILENT_MS } from '../domain/limits.ts';
import { countAgents, digestState } from '../scheduler/index.ts';
import { openHoldings } from './holdings.ts';
import { contentOf } from './log/store.contract.ts';
import { openStore } from './log/sqlite-store.ts';
import { lineLogger } from './logger.ts';
import { startOrchestrator } from './orchestrator.ts';
import { recoverState } from './recovery.ts';
import { CAPABILITY, freshFolder, testConfig, valueOf, volunteerAt } from './volunteer.contract.ts';
import { startNodeWorkings } from './node-workings.ts';

const quiet = lineLogger({ level: 'silent', write: () => {} });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the log of an idle network', () => {
  it('does not grow while an agent waits for work', async () => {
    const data = freshFolder();
    const orchestrator = valueOf(await startOrchestrator(testConfig({ data })));
    const volunteer = await volunteerAt(orchestrator.url);
    expect(await volunteer.lease({ waitMs: 0 })).toEqual([]);
    expect(await volunteer.lease({ waitMs: 1_500 })).toEqual([]);
    await volunteer.agents.heartbeat({ sessionId: volunteer.session });
    await orchestrator.close();
    const store = valueOf(await openStore(join(data, 'log.sqlite')));
    const kinds = (await contentOf(store)).events.map(({ kind }) => kind);
    expect(kinds).toEqual(['rules-adopted', 'agent-joined']);
    await store.close();
  });

  it('grows by one sign of life of an agent that asks in vain, when it would be gone', async () => {
    const holdings = valueOf(await openHoldings(freshFolder(), quiet));
    let atMs = 1_000;
    const config = testConfig();
    const workings = startNodeWorkings(holdings, { config, logger: quiet, now: () => atMs });
    const { coordinator, life } = workings;
    await workings.begin(null);
    const sessions = ['A', 'B', 'C'].map((letter) => {
      const agent = letter.repeat(43) as AgentId;
      return { agent, session: `session_${agent}` as SessionId };
    });
    for (const { agent, session } of sessions) {
      await coordinator.submit({ kind: 'agent-joined', agent, session, capability: CAPABILITY });
    }
    const [asking, waiting] = sessions;
    life.heard(asking?.session ?? ('' as SessionId), atMs + AGENT_SILENT_MS / 2);
    life.held(waiting?.session ?? ('' as SessionId));
    atMs += AGENT_SILENT_MS;
    await expect.poll(() => countAgents(coordinator.state)).toBe(2);
    const kinds = (await contentOf(holdings.store)).events.map(({ kind }) => kind);
    const joined = sessions.map(() => 'agent-joined');
    expect(kinds).toEqual(['rules-adopted', ...joined, 'heartbeat', 'heartbeat', 'tick']);
    await workings.stop();
    await holdings.store.close();
  });

  it('holds a tick when something is due, and leads to the same state again', async () => {
    const holdings = valueOf(await openHoldings(freshFolder(), quiet));
    let atMs = 1_000;
    const config = testConfig();
    const workings = startNodeWorkings(holdings, { config, logger: quiet, now: () => atMs });
    const { coordinator } = workings;
    await workings.begin(null);
    const agent = 'A'.repeat(43) as AgentId;
    const session = `session_${agent}` as SessionId;
    await coordinator.submit({ kind: 'agent-joined', agent, session, capability: CAPABILITY });
    await pause(1_200);
    atMs += AGENT_SILENT_MS;
    await expect.poll(() => countAgents(coordinator.state)).toBe(0);
    await pause(1_200);
    const kinds = (await contentOf(holdings.store)).events.map(({ kind }) => kind);
    expect(kinds).toEqual(['rules-adopted', 'agent-joined', 'tick']);
    const replayed = valueOf(
      await recoverState(holdings.store, {
        seed: coordinator.state.seed,
        logger: quiet,
        now: Date.now,
      }),
    );
    expect(digestState(replayed.state)).toBe(digestState(coordinator.state));
    await workings.stop();
    await holdings.store.close();
  });
});

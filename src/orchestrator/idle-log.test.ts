import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { AGENT_SILENT_MS } from '../domain/limits.ts';
import { countAgents, digestState } from '../scheduler/index.ts';
import { openHoldings } from './holdings.ts';
import { openStore } from './log/store.ts';
import { lineLogger } from './logger.ts';
import { startOrchestrator } from './orchestrator.ts';
import { recoverState } from './recovery.ts';
import { CAPABILITY, freshFolder, testConfig, valueOf, volunteerAt } from './volunteer.contract.ts';
import { startNodeWorkings } from './node-workings.ts';

const quiet = lineLogger({ level: 'silent', write: () => {} });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the log of an idle network', () => {
  it('grows by heartbeats alone while an agent waits for work', async () => {
    const data = freshFolder();
    const orchestrator = valueOf(await startOrchestrator(testConfig({ data })));
    const volunteer = await volunteerAt(orchestrator.url);
    expect(await volunteer.lease({ waitMs: 0 })).toEqual([]);
    expect(await volunteer.lease({ waitMs: 1_500 })).toEqual([]);
    await volunteer.agents.heartbeat({ sessionId: volunteer.session });
    await orchestrator.close();
    const store = valueOf(openStore(join(data, 'log.sqlite')));
    const kinds = Array.from(store.events(), (event) => valueOf(event).kind);
    expect(kinds).toEqual(['agent-joined', 'heartbeat']);
    store.close();
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
    await expect.poll(() => countAgents(coordinator.state), { timeout: 10_000 }).toBe(0);
    await pause(1_200);
    const kinds = Array.from(holdings.store.events(), (event) => valueOf(event).kind);
    expect(kinds).toEqual(['agent-joined', 'tick']);
    const replayed = valueOf(recoverState(holdings.store, coordinator.state.seed));
    expect(digestState(replayed.state)).toBe(digestState(coordinator.state));
    await workings.stop();
    holdings.store.close();
  });
});

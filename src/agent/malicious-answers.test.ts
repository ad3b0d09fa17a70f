import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { MESSAGE_BYTES_MAX, RECONNECT_MS_MAX, TOLD_WAIT_MS_MAX } from '../domain/limits.ts';
import { leasedTasksToWire } from '../wire/index.ts';
import { agentOf, longWork, reluWork, until } from './agent-at-work.contract.ts';
import { tasks } from './agent-subject.contract.ts';
import { runUntil, served } from './native/served-orchestrator.contract.ts';
import { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';

// Real agents, of which some speak over HTTP, and orchestrators whose answers are not what they should
// be: each is refused with a reason, and the agent works on.

const MIB = 1024 * 1024;
const YEAR_MS = 31_536_000_000;

describe('an agent is told what cannot be', () => {
  it.each([
    ['leases that are none', { leaseId: 'lease_of_another' }],
    ['tasks that are none', { taskId: '../../etc/passwd' }],
    ['a stage that is not there', { workIndex: 63 }],
    ['rows that end before they begin', { rowStart: 5n, rowEnd: 5n }],
    ['more rows than can be counted', { rowEnd: 2n ** 63n }],
  ])('%s: it takes none of it, and works on', async (_, changed) => {
    const orchestrator = new ScriptedOrchestrator();
    const work = await reluWork(orchestrator, 2);
    let told = 0;
    orchestrator.lies.lease = () => {
      if (told++ > 0) return undefined;
      const answer = leasedTasksToWire(tasks(1).map((task) => ({ ...task, work })));
      return { ...answer, tasks: answer.tasks.map((task) => ({ ...task, ...changed })) };
    };
    orchestrator.offer(work, [[0, 1]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    const { counters } = await until(agent, (now) => now.counters.tasksReported === 1);
    expect(counters).toMatchObject({ tasksLeased: 1, tasksFailed: 0 });
    expect(told).toBeGreaterThan(1);
  });

  it('a session that is none: it says so, and tries again when its owner starts it', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.lies.join = () => ({ sessionId: 'session_of_another' });
    const agent = await agentOf(orchestrator);
    agent.start();
    const { lastFailure } = await until(agent, ({ phase }) => phase === 'refused');
    expect(lastFailure?.failure.message).toContain('session');
    delete orchestrator.lies.join;
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 1);
  });

  it('to drop leases that it does not hold: it works on', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.heartbeatMs = 100;
    orchestrator.dropped = [`lease_${'z'.repeat(26)}`];
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    const { counters } = await until(agent, (now) => {
      return now.counters.tasksReported === 1 && orchestrator.calls.includes('heartbeat');
    });
    expect(counters.tasksDropped).toBe(0);
  });
});

describe('an agent is told to wait', () => {
  it('for a year before it tries again: it waits an hour at most', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.failing = 'queue_full';
    orchestrator.retryAfterMs = YEAR_MS;
    const agent = await agentOf(orchestrator);
    agent.start();
    const { nextTryAtMs, idle } = await until(agent, ({ phase }) => phase === 'backing-off');
    const waitMs = (nextTryAtMs ?? Infinity) - (idle?.sinceMs ?? 0);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(TOLD_WAIT_MS_MAX + RECONNECT_MS_MAX);
  });
});

describe('an agent is given more', () => {
  const LEASING = '/manyhands.agents.v1.AgentService/LeaseTasks';
  it('bytes in a message than it reads: it breaks off, and works on', async () => {
    let written = 0;
    const { orchestrator, url } = await served((request, response) => {
      if (request.url !== LEASING || written > 0) return false;
      response.writeHead(200, { 'content-type': 'application/proto' });
      pour(response, (bytes) => (written += bytes));
      return true;
    });
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    const snapshot = await runUntil([url], ({ counters }) => counters.tasksReported === 1);
    expect(snapshot?.lastFailure?.failure.code).toBe('limit_exceeded');
    // What lies in the buffers of both sides comes on top of it.
    expect(written).toBeGreaterThanOrEqual(MESSAGE_BYTES_MAX);
    expect(written).toBeLessThan(16 * MESSAGE_BYTES_MAX);
  });

  it.each([
    ['other bytes than a content id names', 'bytes_mismatch', end],
    ['bytes without end for a block', 'limit_exceeded', pour],
  ] as const)('%s: it uses none of them, and works on', async (_, code, answer) => {
    let isHonest = false;
    const { orchestrator, url } = await served((request, response) => {
      if (isHonest || request.url?.startsWith('/ipfs/') !== true) return false;
      response.writeHead(200);
      answer(response);
      return true;
    });
    const work = await reluWork(orchestrator, 2);
    orchestrator.offer(work, [[0, 1]]);
    const snapshot = await runUntil([url], ({ counters }) => {
      if (counters.tasksFailed === 1 && !isHonest) {
        isHonest = true;
        orchestrator.offer(work, [[1, 2]]);
      }
      return counters.tasksReported === 2;
    });
    expect(snapshot?.counters).toMatchObject({ tasksFailed: 1, tasksComputed: 1 });
    const [failed, right] = orchestrator.reportedInOrder();
    expect(failed?.result).toMatchObject({ kind: 'failed', failure: { code } });
    expect(right?.result.kind).toBe('output');
  });
});

describe('an orchestrator that hears of no pause', () => {
  it('gets nothing more computed, and the agent stops all the same', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const work = longWork();
    orchestrator.lies.leave = () => new Promise(() => {});
    orchestrator.lies.lease = () => leasedTasksToWire(tasks(1).map((task) => ({ ...task, work })));
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, (now) => now.tasks.some(({ primitive }) => primitive === 'matmul'));
    agent.pause();
    const paused = agent.snapshot();
    expect(paused).toMatchObject({ phase: 'paused', tasks: [], tasksAhead: 0 });
    expect(agent.session()).toBeNull();
    const calls = orchestrator.calls.length;
    await agent.stop();
    expect(agent.snapshot()).toMatchObject({ phase: 'stopped', tasks: [] });
    // A request for work may have been under way; nothing of a task is.
    for (const call of ['join', 'stage', 'put', 'report']) {
      expect(orchestrator.calls.slice(calls)).not.toContain(call);
    }
    expect(orchestrator.reported).toEqual([]);
  });
});

function end(response: ServerResponse): void {
  response.end('other bytes');
}

/** Writes for as long as somebody reads. */
function pour(response: ServerResponse, written = (_bytes: number): void => {}): void {
  const part = new Uint8Array(MIB);
  const more = (): void => {
    if (response.destroyed) return;
    written(part.byteLength);
    response.write(part, () => setImmediate(more));
  };
  more();
}

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LONG_POLL_MS } from '../domain/limits.ts';
import { idleReasonFromWire } from '../wire/index.ts';
import { startOrchestrator } from './orchestrator.ts';
import { producerOf, testConfig, valueOf, volunteerAt } from './volunteer.contract.ts';

/** A request of which the last part is sent later; `answer` is all that comes back. */
async function beginRequest(url: string, text: string) {
  let received = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const answer = new Promise<string>((resolve, reject) => {
    socket.on('data', (bytes) => (received += bytes.toString()));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
  const head = text.slice(0, -1);
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  return { answer, finish: () => socket.write(text.slice(-1)) };
}

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';

function listing(apiKey: string): string {
  const path = '/manyhands.jobs.v1.JobService/ListJobs';
  const headers = `Host: localhost\r\nAuthorization: Bearer ${apiKey}\r\nContent-Length: 2`;
  return `POST ${path} HTTP/1.1\r\n${headers}\r\nContent-Type: application/json\r\n\r\n{}`;
}

function joining(): string {
  const path = '/manyhands.agents.v1.AgentService/GetChallenge';
  const headers = 'Host: localhost\r\nContent-Length: 2\r\nContent-Type: application/json';
  return `POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n{}`;
}

describe('an orchestrator that stops', () => {
  it('answers requests that had begun, says that it drains, and takes no new ones', async () => {
    const { url, apiKey, close } = valueOf(await startOrchestrator(testConfig()));
    const health = await beginRequest(url, HEALTH);
    const list = await beginRequest(url, listing(apiKey));
    const join = await beginRequest(url, joining());
    // An answered request of the same time: what was sent before it has arrived.
    await fetch(`${url}/healthz`);
    const closed = close();
    for (const { finish } of [health, list, join]) finish();
    expect(await health.answer).toMatch(/^HTTP\/1.1 503 [^]*"status":"draining"/);
    expect(await list.answer).toMatch(/^HTTP\/1.1 200 [^]*\{\}$/);
    expect(await join.answer).toMatch(/^HTTP\/1.1 200 [^]*challenge/);
    await closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('refuses what would change anything, and tells when to come again', async () => {
    const { url, apiKey, close } = valueOf(await startOrchestrator(testConfig()));
    const volunteer = await volunteerAt(url);
    const body = JSON.stringify({ sessionId: volunteer.session });
    const path = '/manyhands.agents.v1.AgentService/Heartbeat';
    const headers = `Host: localhost\r\nContent-Length: ${body.length}`;
    const beat = `POST ${path} HTTP/1.1\r\n${headers}\r\nContent-Type: application/json\r\n\r\n${body}`;
    const heartbeat = await beginRequest(url, beat);
    await producerOf({ url, apiKey }).network.getNetwork({});
    const closed = close();
    await new Promise((resolve) => setImmediate(resolve));
    heartbeat.finish();
    const answer = await heartbeat.answer;
    expect(answer).toMatch(/^HTTP\/1.1 503 [^]*"code":"unavailable"/);
    expect(answer).toMatch(/retry-after-ms: 2000/i);
    await closed;
  });

  it('tells agents that wait for tasks that it shuts down, and those that ask meanwhile', async () => {
    const { url, close } = valueOf(await startOrchestrator(testConfig()));
    const [waiting, asking] = [await volunteerAt(url), await volunteerAt(url)];
    const held = waiting.agents.leaseTasks({
      sessionId: waiting.session,
      maxTasks: 1,
      waitMs: LONG_POLL_MS,
    });
    const body = JSON.stringify({ sessionId: asking.session, maxTasks: 1 });
    const path = '/manyhands.agents.v1.AgentService/LeaseTasks';
    const headers = `Host: localhost\r\nContent-Length: ${body.length}`;
    const ask = `POST ${path} HTTP/1.1\r\n${headers}\r\nContent-Type: application/json\r\n\r\n${body}`;
    const asked = await beginRequest(url, ask);
    await fetch(`${url}/healthz`);
    const closed = close();
    asked.finish();
    const { idleReason, askAgainMs } = await held;
    expect(idleReasonFromWire(idleReason)).toBe('shutting_down');
    expect(askAgainMs).toBe(2_000);
    expect(await asked.answer).toMatch(
      /^HTTP\/1.1 200 [^]*"idleReason":"IDLE_REASON_SHUTTING_DOWN"/,
    );
    await closed;
  });
});

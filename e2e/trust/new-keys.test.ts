import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { agentRpc } from '../../src/agent/agent-rpc.ts';
import { runNativeAgent } from '../../src/agent/native/index.ts';
import { JOINS_BURST, NEW_KEYS_BURST } from '../../src/domain/limits.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator } from '../network/orchestrator.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-new-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** From one of many address ranges: each has few enough. */
function rpcFrom(url: string, index: number) {
  const range = Math.floor(index / JOINS_BURST);
  const interceptor = (next: (request: never) => Promise<never>) => (request: never) => {
    // Of any transport, a request has these headers.
    (request as { header: Headers }).header.set('x-forwarded-for', `203.0.${range}.1`);
    return next(request);
  };
  const interceptors = [interceptor as never];
  return agentRpc(createConnectTransport({ baseUrl: url, httpVersion: '1.1', interceptors }));
}

it('asks new keys for work once many come, which agents do', { timeout: 60_000 }, async () => {
  const nowMs = Date.now();
  const orchestrator = await testOrchestrator({
    changes: { limitLoopback: true, trustedProxy: ['loopback'] },
    now: () => nowMs,
  });
  onTestFinished(() => orchestrator.close());
  const { url } = orchestrator;
  let last: HandDrivenAgent | null = null;
  for (let index = 0; index < NEW_KEYS_BURST; index++) {
    last = await HandDrivenAgent.join(url, { rpc: rpcFrom(url, index) });
  }
  // It does no work, as agents of before.
  const rpc = rpcFrom(url, NEW_KEYS_BURST);
  await expect(HandDrivenAgent.join(url, { rpc })).rejects.toThrow(
    /^work_required: the claim brings no work/,
  );
  expect(last?.session).toMatch(/^session_/);

  const stop = new AbortController();
  const phases: string[] = [];
  const ended = runNativeAgent({
    orchestratorUrls: [url],
    keyFile: join(folder, 'key.pem'),
    threads: 1,
    memoryBytes: 2 ** 28,
    backend: 'wasm',
    signal: stop.signal,
    pauseSwitch: () => () => undefined,
    onSnapshot: ({ phase }) => {
      phases.push(phase);
      if (phase === 'working') stop.abort();
    },
  });
  expect(await ended).toMatchObject({ ok: true });
  expect(phases).toContain('working');
  expect(phases).not.toContain('refused');
});

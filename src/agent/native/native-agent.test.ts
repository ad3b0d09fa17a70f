import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseContentId } from '../../domain/ids.ts';
import { reluWork, valueOf } from '../agent-at-work.contract.ts';
import type { AgentSnapshot } from '../agent-snapshot.ts';
import { ScriptedOrchestrator } from '../scripted-orchestrator.contract.ts';
import { runNativeAgent } from './native-agent.ts';

type Served = {
  readonly orchestrator: ScriptedOrchestrator;
  readonly url: string;
  /** Content ids of blocks that it was asked for. */
  readonly asked: string[];
};

/** A scripted orchestrator on a port of its own, with its blocks. */
async function served(): Promise<Served> {
  const orchestrator = new ScriptedOrchestrator();
  const asked: string[] = [];
  const server = createServer(
    connectNodeAdapter({
      routes: (router) => orchestrator.serve(router),
      fallback: async (request, response) => {
        const text = request.url?.replace('/ipfs/', '') ?? '';
        asked.push(text);
        const block = await orchestrator.blocks.get(valueOf(parseContentId(text)));
        response.writeHead(block.ok ? 200 : 404);
        response.end(block.ok ? block.value : '');
      },
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { orchestrator, url: `http://127.0.0.1:${address.port}`, asked };
}

/** Runs an agent until a snapshot is as wanted; gives that. */
async function runUntil(
  orchestratorUrls: readonly string[],
  wanted: (snapshot: AgentSnapshot) => boolean,
): Promise<AgentSnapshot | null> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-native-'));
  const stop = new AbortController();
  let found: AgentSnapshot | null = null;
  const ended = await runNativeAgent({
    orchestratorUrls,
    keyFile: join(folder, 'key.pem'),
    threads: 1,
    memoryBytes: 256 * 1024 * 1024,
    backend: 'wasm',
    signal: stop.signal,
    pauseSwitch: () => () => {},
    onSnapshot: (snapshot) => {
      if (found !== null || !wanted(snapshot)) return;
      found = snapshot;
      stop.abort();
    },
  });
  await rm(folder, { recursive: true });
  valueOf(ended);
  return found;
}

const hasReported = ({ counters }: AgentSnapshot): boolean => counters.tasksReported > 0;
// Nothing listens there.
const NOWHERE = 'http://127.0.0.1:1';

describe('a native agent of several orchestrators', () => {
  it('joins the first that answers, and tells why not the first', async () => {
    const two = await served();
    two.orchestrator.offer(await reluWork(two.orchestrator, 2), [[0, 1]]);
    const snapshot = await runUntil([NOWHERE, two.url], hasReported);
    expect(snapshot).toMatchObject({
      orchestrator: two.url,
      moved: { from: NOWHERE, to: two.url, failure: { code: 'unavailable' } },
    });
    expect(snapshot?.moved?.failure.message).toContain('ECONNREFUSED');
  });

  it('gets the blocks of its tasks from the one that it is attached to', async () => {
    const [one, two] = [await served(), await served()];
    one.orchestrator.isStopping = true;
    two.orchestrator.offer(await reluWork(two.orchestrator, 2), [[0, 1]]);
    const snapshot = await runUntil([one.url, two.url], hasReported);
    expect(snapshot?.moved).toMatchObject({ from: one.url, to: two.url });
    expect(two.orchestrator.reported.map(({ result }) => result.kind)).toEqual(['output']);
    expect(two.asked.length).toBeGreaterThan(0);
    expect(one.asked).toEqual([]);
  });

  it('counts an address that is named twice once', async () => {
    const one = await served();
    one.orchestrator.isStopping = true;
    const snapshot = await runUntil(
      [one.url, `${one.url}/`],
      ({ idle }) => idle?.why === 'shutting_down',
    );
    expect(snapshot?.phase).toBe('working');
  });

  it.each([
    ['none', []],
    ['one that is no address', ['http://localhost:8080', 'ftp://x']],
  ])('refuses %s', async (_, orchestratorUrls) => {
    await expect(runUntil(orchestratorUrls, hasReported)).rejects.toThrow(/orchestrator/);
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { onTestFinished } from 'vitest';
import { parseContentId } from '../../domain/ids.ts';
import { valueOf } from '../agent-at-work.contract.ts';
import type { AgentSnapshot } from '../agent-snapshot.ts';
import { ScriptedOrchestrator } from '../scripted-orchestrator.contract.ts';
import { runNativeAgent } from './native-agent.ts';

// What tests of native agents share: an orchestrator on a port, and an agent that runs until then.

export type Served = {
  readonly orchestrator: ScriptedOrchestrator;
  readonly url: string;
  /** Content ids of blocks that it was asked for. */
  readonly asked: string[];
};

/** Answers a request in place of the orchestrator; false: it does not. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A scripted orchestrator on a port of its own, with its blocks. */
export async function served(intercept: Intercept = () => false): Promise<Served> {
  const orchestrator = new ScriptedOrchestrator();
  const asked: string[] = [];
  const adapter = connectNodeAdapter({
    routes: (router) => orchestrator.serve(router),
    fallback: async (request, response) => {
      const text = request.url?.replace('/ipfs/', '') ?? '';
      asked.push(text);
      const block = await orchestrator.blocks.get(valueOf(parseContentId(text)));
      response.writeHead(block.ok ? 200 : 404);
      response.end(block.ok ? block.value : '');
    },
  });
  const server = createServer((request, response) => {
    if (!intercept(request, response)) adapter(request, response);
  }).listen(0, '127.0.0.1');
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
export async function runUntil(
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

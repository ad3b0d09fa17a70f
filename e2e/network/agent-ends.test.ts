import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, Program, until } from './processes.ts';

// Real processes: a lane's thread that is left over keeps a process that has nothing to do.
const folder = mkdtempSync(join(tmpdir(), 'manyhands-agent-ends-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ENDS_MS = 20_000;

function startAgent(orchestrator: string): Program {
  const key = join(folder, 'key.pem');
  const options = ['--orchestrator', orchestrator, '--key', key, '--threads', '1'];
  const agent = new Program(['agent', ...options]);
  onTestFinished(() => agent.killHard());
  return agent;
}

/** An orchestrator that has only this answer. */
async function answering(status: number, body: object): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe('the process of a native agent', { timeout: ENDS_MS }, () => {
  it('ends with 0 at Ctrl-C while its orchestrator cannot be reached', async () => {
    const agent = startAgent(`http://127.0.0.1:${await freePort()}`);
    await until('it waits for a next try', async () => agent.stderr.includes('again'));
    expect(await agent.interrupt()).toBe(0);
  });

  it('ends by itself, with what it was refused for good for', async () => {
    const refusal = { code: 'invalid_argument', message: 'no such claim. Write another.' };
    const agent = startAgent(await answering(400, refusal));
    expect(await agent.ended).toBe(1);
    expect(agent.stderr).toContain('no such claim');
  });
});

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterEach, expect, it } from 'vitest';
import { failure } from '../../domain/failure.ts';
import { MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { AgentService, failureFromConnect, failureToConnect } from '../../wire/index.ts';
import { fetchTransport } from './fetch-transport.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function clientOf(listener: RequestListener) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return createClient(AgentService, fetchTransport(`http://127.0.0.1:${port}`));
}

const SESSION = `session_${'a'.repeat(43)}`;
const connectServer = connectNodeAdapter({
  routes: ({ service }) => {
    service(AgentService, {
      getChallenge: () => ({ challenge: new Uint8Array([1, 2, 3]) }),
      heartbeat: ({ sessionId, leases }) => ({
        droppedLeaseIds: [sessionId, ...leases.map(({ rowsDone }) => String(rowsDone))],
      }),
      leave: () => {
        throw failureToConnect(failure('queue_full', 'too many. Ask later.', 700));
      },
      leaseTasks: (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({}))),
    });
  },
});

async function failureOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  return failureFromConnect(thrown);
}

it('carries messages both ways to a server of the Connect package', async () => {
  const client = await clientOf(connectServer);
  expect((await client.getChallenge({})).challenge).toEqual(new Uint8Array([1, 2, 3]));
  const leases = [{ leaseId: 'any', rowsDone: 2n ** 40n }];
  const { droppedLeaseIds } = await client.heartbeat({ sessionId: SESSION, leases });
  expect(droppedLeaseIds).toEqual([SESSION, String(2 ** 40)]);
});

it('brings failures back with code, message and time to wait', async () => {
  const client = await clientOf(connectServer);
  const cause = await failureOf(client.leave({ sessionId: SESSION }));
  expect(cause).toEqual(failure('queue_full', 'too many. Ask later.', 700));
});

it('is unavailable where nobody listens', async () => {
  const client = createClient(AgentService, fetchTransport('http://127.0.0.1:1'));
  expect((await failureOf(client.getChallenge({}))).code).toBe('unavailable');
});

it('is unavailable where a proxy answers for a server that is away', async () => {
  const client = await clientOf((_, response) => response.writeHead(502).end('<h1>Bad</h1>'));
  expect((await failureOf(client.getChallenge({}))).code).toBe('unavailable');
});

it('speaks no common version with a server that knows no such call', async () => {
  const client = await clientOf((_, response) => response.writeHead(404).end('not found'));
  expect((await failureOf(client.getChallenge({}))).code).toBe('version_unsupported');
});

it('gives up when aborted, and when the time is over', async () => {
  const client = await clientOf(connectServer);
  const ask = { sessionId: SESSION, maxTasks: 1 };
  const aborted = client.leaseTasks(ask, { signal: AbortSignal.abort() });
  expect((await failureOf(aborted)).code).toBe('canceled');
  expect((await failureOf(client.leaseTasks(ask, { timeoutMs: 50 }))).code).toBe('timeout');
});

it('reads no answer beyond the limit', async () => {
  const client = await clientOf((_, response) => {
    response.writeHead(200, { 'content-type': 'application/proto' });
    response.end(new Uint8Array(MESSAGE_BYTES_MAX + 1));
  });
  expect((await failureOf(client.getChallenge({}))).code).toBe('limit_exceeded');
});

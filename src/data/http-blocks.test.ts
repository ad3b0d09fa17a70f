import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseContentId, type ContentId } from '../domain/ids.ts';
import { BLOCK_FETCH_TRIES_MAX, LEAF_BYTES } from '../domain/limits.ts';
import { leafIdOf } from '../integrity/index.ts';
import { BLOCK_STORE_FACTS, patterned } from './block-store.contract.ts';
import { httpBlocks } from './http-blocks.ts';
import { memoryBlocks } from './memory-blocks.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(answer: Answer): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const bytes = patterned(100_000);
const id: ContentId = await leafIdOf(bytes);
const code = (failureCode: string): object => ({ ok: false, failure: { code: failureCode } });

/** Answers with each of these in turn, then with the last for ever; counts the requests. */
async function listenInTurn(...answers: Answer[]): Promise<{ origin: string; count(): number }> {
  let count = 0;
  const origin = await listen((request, response) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    answer?.(request, response);
  });
  return { origin, count: () => count };
}

const good: Answer = (_, response) => void response.end(bytes);
const status =
  (value: number): Answer =>
  (_, response) =>
    void response.writeHead(value).end('sorry');

describe('http blocks', () => {
  it.each(BLOCK_STORE_FACTS)('in front of a gateway: $fact', async ({ keeps }) => {
    const held = memoryBlocks({ bytesMax: Infinity });
    const origin = await listen(async (request, response) => {
      const asked = parseContentId((request.url ?? '').replace('/ipfs/', ''));
      const block = asked.ok ? await held.get(asked.value) : asked;
      if (block.ok) response.end(block.value);
      else response.writeHead(404).end();
    });
    await keeps({ ...held, get: httpBlocks({ origin }).get });
  });

  it('ask for the raw block by its id', async () => {
    let asked: unknown = null;
    const origin = await listen((request, response) => {
      asked = [request.method, request.url, request.headers.accept];
      response.end(bytes);
    });
    expect(await httpBlocks({ origin }).get(id)).toEqual({ ok: true, value: bytes });
    expect(asked).toEqual(['GET', `/ipfs/${id}`, 'application/vnd.ipld.raw']);
  });

  it('refuse corrupt bytes at once, and never give them out', async () => {
    const corrupt = bytes.slice();
    corrupt[50_000] = (corrupt[50_000] ?? 0) ^ 128;
    const { origin, count } = await listenInTurn((_, response) => void response.end(corrupt));
    expect(await httpBlocks({ origin }).get(id)).toMatchObject(code('bytes_mismatch'));
    expect(count()).toBe(1);
  });

  it('refuse a body that ends early without saying so', async () => {
    const { origin } = await listenInTurn((_, response) => {
      response.write(bytes.subarray(0, 40_000));
      response.end();
    });
    expect(await httpBlocks({ origin }).get(id)).toMatchObject(code('bytes_mismatch'));
  });

  it('fetch again after a connection that broke in mid-body', async () => {
    const broken: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': bytes.byteLength });
      response.write(bytes.subarray(0, 40_000), () => response.destroy());
    };
    const { origin, count } = await listenInTurn(broken, broken, good);
    expect(await httpBlocks({ origin }).get(id)).toEqual({ ok: true, value: bytes });
    expect(count()).toBe(3);
  });

  it('stop reading a body without end at the limit of a block', async () => {
    let sentBytes = 0;
    let closed: Promise<void> = Promise.resolve();
    const origin = await listen((_, response) => {
      const piece = new Uint8Array(64 * 1024);
      closed = new Promise((resolve) => response.on('close', resolve));
      const send = (): void => {
        if (response.destroyed) return;
        sentBytes += piece.byteLength;
        response.write(piece, () => setImmediate(send));
      };
      send();
    });
    expect(await httpBlocks({ origin }).get(id)).toMatchObject(code('limit_exceeded'));
    await closed;
    // Beyond the limit there is only what the sockets' buffers took.
    expect(sentBytes).toBeGreaterThan(LEAF_BYTES);
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  it('give up a server that sends nothing, after every try', async () => {
    const { origin, count } = await listenInTurn(() => undefined);
    const outcome = await httpBlocks({ origin, tryMs: 30 }).get(id);
    expect(outcome).toMatchObject(code('timeout'));
    expect(count()).toBe(BLOCK_FETCH_TRIES_MAX);
  });

  it.each([
    [404, 'block_unknown', 1],
    [410, 'block_unknown', 1],
    [403, 'unavailable', 1],
    [204, 'unavailable', 1],
    [408, 'unavailable', BLOCK_FETCH_TRIES_MAX],
    [429, 'unavailable', BLOCK_FETCH_TRIES_MAX],
    [503, 'unavailable', BLOCK_FETCH_TRIES_MAX],
  ])('take status %i for %s after %i tries', async (value, failureCode, tries) => {
    const { origin, count } = await listenInTurn(status(value));
    expect(await httpBlocks({ origin }).get(id)).toMatchObject(code(failureCode));
    expect(count()).toBe(tries);
  });

  it('succeed when an overloaded server recovers', async () => {
    const { origin } = await listenInTurn(status(503), status(503), good);
    expect(await httpBlocks({ origin }).get(id)).toEqual({ ok: true, value: bytes });
  });

  it('say unavailable, with the address, where nobody listens', async () => {
    const origin = await listen(good);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const outcome = await httpBlocks({ origin }).get(id);
    expect(outcome).toMatchObject(code('unavailable'));
    expect(JSON.stringify(outcome)).toContain(origin);
  });

  it('say canceled when the caller gives up in mid-body, and drop the connection', async () => {
    const abort = new AbortController();
    let closed: Promise<void> = Promise.resolve();
    const origin = await listen((_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.write(bytes.subarray(0, 10), () => abort.abort());
    });
    const outcome = await httpBlocks({ origin }).get(id, { signal: abort.signal });
    expect(outcome).toMatchObject(code('canceled'));
    await closed;
  });

  it('say canceled when the caller gives up between two tries', async () => {
    const abort = new AbortController();
    const { origin, count } = await listenInTurn((_, response) => {
      response.on('close', () => abort.abort());
      response.writeHead(503).end();
    });
    const outcome = await httpBlocks({ origin }).get(id, { signal: abort.signal });
    expect(outcome).toMatchObject(code('canceled'));
    expect(count()).toBeLessThan(BLOCK_FETCH_TRIES_MAX);
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ARCHIVE_PIECE_BYTES_MAX, ARWEAVE_CONFIRMATIONS } from '../../domain/limits.ts';
import { entryOf, knownSigner, must } from '../../ledger/example-log.contract.ts';
import { noteKeyOf, signCheckpoint } from '../../ledger/index.ts';
import { packPiece } from './archive-piece.ts';
import { arweaveTarget } from './arweave-target.ts';

// What Arweave's own services answer is in e2e/foreign/arlocal.test.ts; here is what they and others
// may answer besides, from a server that says what it is told.
type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let answer: Answer;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString('latin1')));
  request.on('end', () => answer(request, response, body));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
// A server that listens on TCP has such an address.
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const target = arweaveTarget({ gateway: url, bundler: `${url}/tx` });
const { signal } = new AbortController();
const ID = 'B'.repeat(43);

const log = { name: 'log.example', signer: await knownSigner(1) };
const checkpoint = await signCheckpoint(log, { size: 1, root: new Uint8Array(32) });
const entries = [await entryOf(await knownSigner(2), 0)];
const piece = { log: noteKeyOf(log), first: 0, entries, checkpoint: checkpoint.bytes };
const item = await packPiece(piece, await knownSigner(9));

beforeEach(() => {
  answer = (_, response) => response.writeHead(500).end();
});

describe('posting to a bundler', () => {
  it('sends the data item as it is', async () => {
    let seen = '';
    answer = ({ method, url: path, headers }, response, body) => {
      seen = `${method} ${path} ${headers['content-type']} ${body.length}`;
      response.writeHead(200).end('{}');
    };
    must(await target.post(item, signal));
    expect(seen).toBe(`POST /tx application/octet-stream ${item.bytes.byteLength}`);
  });

  it.each([
    [200, null],
    [201, null],
    // Taken before.
    [202, null],
    [400, 'input_invalid'],
    [402, 'storage_full'],
    [403, 'input_invalid'],
    [413, 'input_invalid'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('takes status %i for %s', async (status, code) => {
    answer = (_, response) =>
      response.writeHead(status, { 'retry-after': '90' }).end('because\n\u0007');
    const posted = await target.post(item, signal);
    expect(posted.ok ? null : posted.failure.code).toBe(code);
    const isWait = code === 'rate_limited' || code === 'unavailable';
    expect(posted.ok ? undefined : posted.failure.retryAfterMs).toBe(isWait ? 90_000 : undefined);
  });

  it('says that nobody is there, or that nobody is named', async () => {
    const nobody = arweaveTarget({ gateway: url, bundler: 'http://127.0.0.1:1/tx' });
    expect(await nobody.post(item, signal)).toMatchObject({ failure: { code: 'unavailable' } });
    const unnamed = arweaveTarget({ gateway: url, bundler: null });
    expect(await unnamed.post(item, signal)).toMatchObject({ failure: { code: 'config_invalid' } });
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    expect(await target.post(item, stop.signal)).toMatchObject({ failure: { code: 'canceled' } });
  });
});

describe('the state of an item', () => {
  const states = (height: number | null, top: number): Answer => {
    const block = height === null ? null : { height };
    return ({ url: path }, response) => {
      const isInfo = path === '/info';
      const data = { transaction: { id: ID, block } };
      response.end(JSON.stringify(isInfo ? { height: top } : { data }));
    };
  };

  it.each([
    ['pending', null, 500],
    ['pending', 500, 500],
    ['pending', 500, 500 + ARWEAVE_CONFIRMATIONS - 1],
    ['there', 500, 500 + ARWEAVE_CONFIRMATIONS],
  ])('is "%s" in block %s below block %i', async (state, height, top) => {
    answer = states(height, top);
    expect(must(await target.stateOf(ID, signal))).toBe(state);
  });

  it.each([
    ['pending', 200],
    ['unknown', 404],
    ['unknown', 400],
  ])('is "%s" where only the bundler is asked, and says %i', async (state, status) => {
    answer = ({ url: path }, response) => {
      if (path === `/tx/${ID}/status`) response.writeHead(status).end('{}');
      else response.end('{"data":{"transaction":null}}');
    };
    expect(must(await target.stateOf(ID, signal))).toBe(state);
  });

  it.each(['', 'null', '[]', '{"data":7}', '{"data":{"transaction":{"block":[]}}}', '<html>'])(
    'is never "there" for the answer %j',
    async (text) => {
      answer = (_, response) => response.end(text);
      const state = await target.stateOf(ID, signal);
      expect(state.ok ? state.value : 'failed').not.toBe('there');
    },
  );
});

describe('reading', () => {
  it('gives the bytes, or that there are none', async () => {
    answer = (_, response) => response.end(Buffer.from(item.payload));
    expect(must(await target.read(ID, signal))).toEqual(new Uint8Array(item.payload));
    answer = (_, response) => response.writeHead(404).end('Not Found');
    expect(must(await target.read(ID, signal))).toBe(null);
  });

  it('reads no more than a piece may have', async () => {
    answer = (_, response) => response.end(Buffer.alloc(ARCHIVE_PIECE_BYTES_MAX + 1));
    expect(await target.read(ID, signal)).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });
});

describe('listing', () => {
  const edge = (at: number, tags: unknown, id: unknown = ID) => ({
    cursor: `after ${at}`,
    node: { id, owner: { address: 'poster' }, tags },
  });
  const range = (first: string, end: string) => [
    { name: 'First-Entry', value: first },
    { name: 'End-Entry', value: end },
  ];

  it('goes through all pages, and passes over what is no piece', async () => {
    const pages = [
      [edge(0, range('256', '512')), edge(1, range('-1', '5')), edge(2, 'tags'), 7, null],
      [edge(3, range('0', '256')), edge(4, range('9', '9')), edge(5, range('0', '9'), '../x')],
    ];
    const asked: unknown[] = [];
    answer = (_, response, body) => {
      const { variables } = JSON.parse(body) as { variables: { after?: string } };
      asked.push(variables.after);
      const edges = pages[asked.length - 1];
      const pageInfo = { hasNextPage: asked.length < pages.length };
      // The cursor of the last edge is where the next page begins.
      const listed = asked.length === 1 ? edges?.slice(0, 3) : edges;
      response.end(JSON.stringify({ data: { transactions: { edges: listed, pageInfo } } }));
    };
    const listed = must(await target.list('key', signal));
    expect(listed).toEqual([
      { id: ID, first: 0, end: 256, poster: 'poster' },
      { id: ID, first: 256, end: 512, poster: 'poster' },
    ]);
    expect(asked).toEqual([undefined, 'after 2']);
  });

  it('ends where a gateway gives the same page for ever', async () => {
    answer = (_, response) => {
      const edges = [edge(0, range('0', '256'))];
      const pageInfo = { hasNextPage: true };
      response.end(JSON.stringify({ data: { transactions: { edges, pageInfo } } }));
    };
    expect(must(await target.list('key', signal)).length).toBe(2);
  });

  it('fails where the answer is none', async () => {
    answer = (_, response) => response.end('{"errors":[]}');
    expect(await target.list('key', signal)).toMatchObject({
      failure: { code: 'input_malformed' },
    });
  });
});

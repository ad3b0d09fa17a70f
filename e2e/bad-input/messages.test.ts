import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { sinkFor } from '../network/uploads.ts';
import { LEAF_BYTES, MESSAGE_BYTES_MAX } from '../../src/domain/limits.ts';
import { describeBlob, leafIdOf } from '../../src/integrity/index.ts';

// Hostile bytes on every way into an orchestrator, which at the end must serve as before.
let orchestrator: TestOrchestrator;
beforeAll(async () => {
  orchestrator = await testOrchestrator();
});
afterAll(() => orchestrator.close());

const AGENTS = '/manyhands.agents.v1.AgentService';
const JOBS = '/manyhands.jobs.v1.JobService';
const DATA = '/manyhands.data.v1.DataService';
const METHODS = [
  ...['Join', 'LeaseTasks', 'ReportResults', 'Heartbeat', 'Leave'].map(
    (name) => `${AGENTS}/${name}`,
  ),
  ...['SubmitJob', 'GetJob', 'ListJobs', 'CancelJob', 'GetOutput'].map((name) => `${JOBS}/${name}`),
  ...['Stage', 'PutBlock', 'GetManifest'].map((name) => `${DATA}/${name}`),
];
/** A field whose wire type does not exist. */
const JUNK = new Uint8Array([255, 255, 255, 255, 1, 2, 3]);
const TOO_LARGE = new Uint8Array(MESSAGE_BYTES_MAX + 1);

function authorization(): Record<string, string> {
  return { authorization: `Bearer ${orchestrator.producer.apiKey}` };
}

function post(path: string, of: { type: string; body: Uint8Array<ArrayBuffer> | string }) {
  const headers = { 'content-type': of.type, ...authorization() };
  return fetch(orchestrator.url + path, { method: 'POST', headers, body: of.body });
}

/** Status and failure code that a gRPC server answers, over HTTP/2 without TLS. */
async function grpc(path: string, frame: Uint8Array): Promise<Record<string, string>> {
  const session = connectHttp2(orchestrator.url);
  const request = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...authorization(),
  });
  const heard: Record<string, string> = {};
  const note = (headers: object): void => {
    for (const [name, value] of Object.entries(headers)) heard[name] = String(value);
  };
  request.on('response', note);
  request.on('trailers', note);
  request.resume();
  request.write(frame);
  // The other side need not read all of what it refuses.
  await once(request, 'end');
  session.destroy();
  return heard;
}

function framed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + message.byteLength);
  new DataView(frame.buffer).setUint32(1, message.byteLength);
  frame.set(message, 5);
  return frame;
}

describe('a message that does not parse', () => {
  it.each(METHODS)('is refused over Connect by %s', async (path) => {
    const answer = await post(path, { type: 'application/proto', body: JUNK });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('manyhands-failure')).toBe('input_malformed');
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('Use a client') });
  });

  it.each(METHODS)('is refused as JSON by %s', async (path) => {
    const answer = await post(path, { type: 'application/json', body: '{"' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_argument' });
  });

  it.each(METHODS)('is refused over gRPC by %s', async (path) => {
    const heard = await grpc(path, framed(JUNK));
    expect(heard).toMatchObject({ 'grpc-status': '3', 'manyhands-failure': 'input_malformed' });
  });
});

describe('a message that is too large', () => {
  it('is refused over Connect before it is parsed', async () => {
    const path = `${DATA}/PutBlock`;
    const answer = await post(path, { type: 'application/proto', body: TOO_LARGE });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/larger than 5 MiB.*content id/),
    });
  });

  it.each([MESSAGE_BYTES_MAX + 1, 2 ** 31, 2 ** 32 - 1])(
    'is refused over gRPC by the %i bytes that it announces',
    async (announced) => {
      const frame = framed(JUNK);
      new DataView(frame.buffer).setUint32(1, announced);
      const heard = await grpc(`${DATA}/PutBlock`, frame);
      expect(heard).toMatchObject({ 'grpc-status': '3', 'manyhands-failure': 'limit_exceeded' });
    },
  );
});

describe('what is no call', () => {
  it.each([
    ['another type', `${AGENTS}/Join`, 'text/plain', 415],
    ['a method that is not there', `${AGENTS}/Nothing`, 'application/proto', 501],
    [
      'a service that is not there',
      '/manyhands.agents.v9.AgentService/Join',
      'application/proto',
      501,
    ],
    ['a path that is no method', '/api/jobs', 'application/proto', 405],
  ])('of %s is refused', async (_, path, type, status) => {
    expect((await post(path, { type, body: JUNK })).status).toBe(status);
  });

  it.each([
    ['words', 'hello there\r\n\r\n', /^HTTP\/1.1 400/],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, /^HTTP\/1.1 4/],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00', /^HTTP\/1.1 400/],
  ])('but %s is answered and closed', async (_, text, expected) => {
    const socket = connectTcp(Number(new URL(orchestrator.url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.write(text, 'latin1');
    await once(socket, 'close');
    expect(heard).toMatch(expected);
  });

  it.each(['/ipfs/hello', '/ipfs/', '/ipfs/..%2f..%2fapi-key', '/ipfs/bafkrei'])(
    'but GET %s is refused and names what it is not',
    async (path) => {
      const answer = await fetch(orchestrator.url + path);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('not a content id');
    },
  );
});

describe('a call without the right key', () => {
  it.each(METHODS.filter((path) => path.startsWith(JOBS) || path.endsWith('PutBlock')))(
    'is refused by %s, and says where the key is',
    async (path) => {
      const body = '{}';
      for (const key of [
        '',
        'Bearer mh_wrong',
        'Bearer ',
        `Basic ${orchestrator.producer.apiKey}`,
      ]) {
        const headers = { 'content-type': 'application/json', authorization: key };
        const sent = path.endsWith('PutBlock')
          ? JSON.stringify({ contentId: await leafIdOf(JUNK), block: '' })
          : body;
        const answer = await fetch(orchestrator.url + path, {
          method: 'POST',
          headers,
          body: sent,
        });
        expect(answer.status).toBe(401);
        expect(answer.headers.get('manyhands-failure')).toBe('api_key_invalid');
        expect(await answer.json()).toMatchObject({
          message: expect.stringContaining('--api-key'),
        });
      }
    },
  );
});

describe('a block', () => {
  const held = async (id: string): Promise<boolean> =>
    (await fetch(`${orchestrator.url}/ipfs/${id}`)).status === 200;

  it('whose bytes are not those of its id is refused and not kept', async () => {
    const sink = sinkFor(orchestrator.url, orchestrator.producer.apiKey);
    const id = await leafIdOf(new Uint8Array([1]));
    const put = await sink.put(id, new Uint8Array([2]));
    expect(put).toMatchObject({ failure: { code: 'bytes_mismatch' } });
    expect(await held(id)).toBe(false);
    certain(await sink.put(id, new Uint8Array([1])));
    expect(await held(id)).toBe(true);
  });

  it('that is larger than a leaf is refused and not kept', async () => {
    const bytes = new Uint8Array(LEAF_BYTES + 1);
    const id = await leafIdOf(bytes).catch(() => leafIdOf(bytes.subarray(1)));
    const put = await sinkFor(orchestrator.url, orchestrator.producer.apiKey).put(id, bytes);
    expect(put.ok).toBe(false);
    expect(await held(id)).toBe(false);
  });

  it('that lists leaves which are not held is refused, so that no blob is there in part', async () => {
    const bytes = new Uint8Array(2 * LEAF_BYTES).map((_, index) => index % 251);
    const { ref, manifest } = await describeBlob(bytes);
    if (manifest === null) throw new Error('a blob of two leaves has a manifest');
    const sink = sinkFor(orchestrator.url, orchestrator.producer.apiKey);
    expect(await sink.put(manifest.id, manifest.bytes)).toMatchObject({
      failure: { code: 'block_unknown' },
    });
    expect(await held(ref.blob)).toBe(false);
  });

  it('whose upload breaks off leaves nothing behind', async () => {
    const block = new Uint8Array(LEAF_BYTES).fill(9);
    const id = await leafIdOf(block);
    const { port } = new URL(orchestrator.url);
    const socket = connectTcp(Number(port), '127.0.0.1');
    const head = [
      `POST ${DATA}/PutBlock HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      `Authorization: ${authorization()['authorization']}`,
      'Content-Length: 400000',
    ];
    socket.on('error', () => {});
    socket.write(`${head.join('\r\n')}\r\n\r\n{"contentId":"${id}","block":"CQkJ`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await once(socket, 'close');
    expect(await held(id)).toBe(false);
  });

  it('is not taken from a session that is over', async () => {
    const agent = await HandDrivenAgent.join(orchestrator.url);
    await agent.leave();
    const id = await leafIdOf(JUNK);
    expect(await agent.sink.put(id, JUNK)).toMatchObject({ failure: { code: 'session_unknown' } });
    expect(await held(id)).toBe(false);
  });
});

describe('after all of this the orchestrator', () => {
  it('is healthy, has no job that nobody submitted, and takes agents', async () => {
    const health = await fetch(`${orchestrator.url}/healthz`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
    expect((await orchestrator.producer.jobs.listJobs({})).jobs).toEqual([]);
    const agent = await HandDrivenAgent.join(orchestrator.url);
    expect(await agent.ask(1)).toMatchObject({ kind: 'refused', reason: 'no_jobs' });
  });
});

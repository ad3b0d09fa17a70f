import { spawnSync } from 'node:child_process';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { DataService, failureFromConnect, JobService, NetworkService } from '../../wire/index.ts';
import { leafIdOf } from '../../integrity/index.ts';
import { freshFolder, producerOf, startForTest, volunteerAt } from '../volunteer.contract.ts';

const plain = await startForTest();
const baseUrl = plain.url;

const TRANSPORTS: readonly [string, Transport][] = [
  ['Connect over HTTP/1.1', createConnectTransport({ baseUrl, httpVersion: '1.1' })],
  ['Connect over HTTP/2', createConnectTransport({ baseUrl, httpVersion: '2' })],
  [
    'Connect with JSON',
    createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
  ],
  ['gRPC', createGrpcTransport({ baseUrl })],
  ['gRPC-Web over HTTP/1.1', createGrpcWebTransport({ baseUrl, httpVersion: '1.1' })],
  ['gRPC-Web over HTTP/2', createGrpcWebTransport({ baseUrl, httpVersion: '2' })],
];

describe('the one plaintext port', () => {
  it.each(TRANSPORTS)('serves %s', async (_name, transport) => {
    const volunteer = await volunteerAt(baseUrl, { transport });
    expect(await volunteer.lease()).toEqual([]);
    const { agentCount } = await createClient(NetworkService, transport).getNetwork({});
    expect(agentCount).toBeGreaterThan(0);
  });

  it.each(TRANSPORTS)('tells failures over %s', async (_name, transport) => {
    const call = createClient(JobService, transport).getJob({ jobId: `job_${'0'.repeat(26)}` });
    const thrown = ConnectError.from(await call.catch((cause: unknown) => cause));
    expect(thrown.code).toBe(Code.Unauthenticated);
    expect(thrown.rawMessage).toMatch(/needs an API key.*--api-key/);
    expect(thrown.metadata.get('manyhands-failure')).toBe('api_key_invalid');
  });

  it('streams a watch to gRPC clients', async () => {
    const headers = { authorization: `Bearer ${plain.apiKey}` };
    const client = createClient(JobService, createGrpcTransport({ baseUrl }));
    const stream = client.watchJob({ jobId: `job_${'0'.repeat(26)}` }, { headers });
    const read = async () => {
      for await (const message of stream) return message;
      return null;
    };
    const thrown = ConnectError.from(await read().catch((cause: unknown) => cause));
    expect(thrown.code).toBe(Code.NotFound);
  });

  it('answers what is no HTTP with 400 and closes', async () => {
    expect(await rawAnswer('hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });

  it('lives on when clients break off', async () => {
    for (const text of ['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense', 'POST / HT']) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1', () => {
          socket.write(text, () => socket.destroy());
        });
        socket.on('close', () => resolve());
        socket.on('error', () => {});
      });
    }
    expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);
  });

  it.each(TRANSPORTS)('tells over %s of an rpc that only newer ones have', async (_name, to) => {
    const { method } = JobService;
    const newer = { ...method.getJob, name: 'GetNewer', parent: JobService };
    const call = to.unary(newer, undefined, undefined, undefined, {});
    const thrown = ConnectError.from(await call.catch((cause: unknown) => cause));
    expect(thrown.code).toBe(Code.Unimplemented);
    expect(thrown.rawMessage).toMatch(/no \/manyhands\.jobs\.v1\.JobService\/GetNewer.*v1/);
    expect(failureFromConnect(thrown).code).toBe('version_unsupported');
  });

  it('lets no answer of an rpc be taken for another type', async () => {
    const path = `${baseUrl}/manyhands.agents.v1.AgentService`;
    const headers = { 'content-type': 'application/json' };
    for (const method of ['GetChallenge', 'Join', 'GetNewer']) {
      const answer = await fetch(`${path}/${method}`, { method: 'POST', headers, body: '{}' });
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each(TRANSPORTS)('refuses a message beyond its limit over %s', async (_name, transport) => {
    const data = createClient(DataService, transport);
    const block = new Uint8Array(6 * 1024 * 1024);
    const contentId = await leafIdOf(new Uint8Array());
    const thrown = ConnectError.from(
      await data.putBlock({ contentId, block }).catch((cause: unknown) => cause),
    );
    expect(thrown.code).toBe(Code.InvalidArgument);
    expect(thrown.rawMessage).toMatch(/larger than 5 MiB.*by content id/);
    expect(failureFromConnect(thrown).code).toBe('limit_exceeded');
  });

  it('refuses a message that does not parse', async () => {
    const path = `${baseUrl}/manyhands.agents.v1.AgentService/Join`;
    const headers = { 'content-type': 'application/proto' };
    const answer = await fetch(path, { method: 'POST', headers, body: 'no protobuf' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses a message of gRPC-Web that does not parse', async () => {
    const path = `${baseUrl}/manyhands.agents.v1.AgentService/Join`;
    const headers = { 'content-type': 'application/grpc-web+proto' };
    const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 11]), Buffer.from('no protobuf')]);
    const answer = Buffer.from(
      await (await fetch(path, { method: 'POST', headers, body })).bytes(),
    );
    expect([answer[0], answer.readUInt32BE(1)]).toEqual([0x80, answer.length - 5]);
    const trailers = new Map(
      Array.from(answer.toString('utf8', 5).matchAll(/(\S+): (.*)\r\n/g), ([, name, value]) => {
        return [name, decodeURIComponent(value ?? '')] as const;
      }),
    );
    expect(trailers.get('grpc-status')).toBe(String(Code.InvalidArgument));
    expect(trailers.get('grpc-message')).toContain('Use a client generated from these protos');
    expect(trailers.get('manyhands-failure')).toBe('input_malformed');
  });
});

describe('TLS', () => {
  const folder = freshFolder();
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '2', '-keyout', tlsKey, '-out', tlsCert, ...subject],
  ]);
  if (made.status !== 0) process.stderr.write('skipped: TLS (no openssl makes a certificate)\n');

  it.skipIf(made.status !== 0)('serves gRPC by HTTP/2 and the page by HTTP/1.1', async () => {
    const { url } = await startForTest({ tlsCert, tlsKey });
    expect(url).toMatch(/^https:\/\/localhost:/);
    const nodeOptions = { rejectUnauthorized: false };
    const transport = createGrpcTransport({ baseUrl: url, nodeOptions });
    const { agentCount } = await createClient(NetworkService, transport).getNetwork({});
    expect(agentCount).toBe(0);
    const status = await new Promise((resolve, reject) => {
      httpsGet(`${url}/healthz`, nodeOptions, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(200);
  });
});

describe('the data service', () => {
  it('stores blocks of producers and agents, and of nobody else', async () => {
    const producer = producerOf(plain);
    const volunteer = await volunteerAt(baseUrl);
    const transport = createConnectTransport({ baseUrl, httpVersion: '1.1' });
    const anyone = createClient(DataService, transport);
    const block = new Uint8Array([1, 2, 3]);
    const contentId = await leafIdOf(block);
    const statusOf = async (call: Promise<unknown>) => {
      return call.then(
        () => 'stored',
        (cause: unknown) => ConnectError.from(cause).metadata.get('manyhands-failure'),
      );
    };
    const nobody = `session_${'0'.repeat(43)}`;
    expect(await statusOf(anyone.putBlock({ contentId, block }))).toBe('api_key_invalid');
    expect(await statusOf(anyone.putBlock({ contentId, block, sessionId: nobody }))).toBe(
      'session_unknown',
    );
    expect(await statusOf(producer.data.putBlock({ contentId, block }))).toBe('stored');
    const { session: sessionId } = volunteer;
    expect(await statusOf(anyone.putBlock({ contentId, block, sessionId }))).toBe('stored');
    const wrong = new Uint8Array([3, 2, 1]);
    expect(await statusOf(producer.data.putBlock({ contentId, block: wrong }))).toBe(
      'bytes_mismatch',
    );
  });
});

function rawAnswer(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { create, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AgentService,
  GetChallengeRequestSchema,
  GetJobRequestSchema,
  GetNetworkRequestSchema,
  HeartbeatRequestSchema,
  JobService,
  JoinRequestSchema,
  LeaseTasksRequestSchema,
  ListJobsRequestSchema,
  NetworkService,
  ReportResultsRequestSchema,
} from '../../wire/index.ts';
import { startForTest, volunteerAt } from '../volunteer.contract.ts';

const orchestrator = await startForTest();
const { port } = new URL(orchestrator.url);
const KEY = `authorization: Bearer ${orchestrator.apiKey}`;
const STRANGER = `session_${randomBytes(32).toString('base64url')}`;
let session: string;

beforeAll(async () => {
  session = (await volunteerAt(orchestrator.url)).session;
});

/** The quick way takes this type as it is written; the adapter takes either. */
const QUICKLY = 'application/proto';
const SLOWLY = 'Application/Proto';

type Call = {
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body: Uint8Array;
};

const pathOf = (service: { readonly typeName: string }, method: string) =>
  `/${service.typeName}/${method}`;

function callOf<Desc extends DescMessage>(
  path: string,
  schema: Desc,
  request: MessageInitShape<Desc>,
): Call {
  return { path, body: toBinary(schema, create(schema, request)) };
}

const lease = (sessionId: string, maxTasks: number) => {
  const request = { sessionId, maxTasks, waitMs: 0 };
  return callOf(pathOf(AgentService, 'LeaseTasks'), LeaseTasksRequestSchema, request);
};
const heartbeat = (sessionId: string, leaseIds: readonly string[] = []) => {
  const leases = leaseIds.map((id) => ({ leaseId: id }));
  const path = pathOf(AgentService, 'Heartbeat');
  return callOf(path, HeartbeatRequestSchema, { sessionId, leases });
};
const report = (bytes: Uint8Array) => {
  const request = { report: bytes, signature: new Uint8Array(64) };
  return callOf(pathOf(AgentService, 'ReportResults'), ReportResultsRequestSchema, request);
};
const getJob = (headers: readonly string[], jobId = `job_${'0'.repeat(26)}`): Call => {
  return { ...callOf(pathOf(JobService, 'GetJob'), GetJobRequestSchema, { jobId }), headers };
};

const CALLS: readonly [string, number, () => Call][] = [
  ['a lease that is refused', 200, () => lease(session, 1)],
  ['a lease of nobody', 401, () => lease(STRANGER, 1)],
  ['a lease of no task', 400, () => lease(session, 0)],
  ['a lease of too many', 400, () => lease(session, 65)],
  ['a heartbeat', 200, () => heartbeat(session)],
  ['a heartbeat with a lease that is none', 200, () => heartbeat(session, [leaseId()])],
  ['a heartbeat with no lease id', 400, () => heartbeat(session, ['lease'])],
  ['a report that does not parse', 400, () => report(new Uint8Array(9))],
  ['a report of nothing', 400, () => report(new Uint8Array())],
  [
    'a claim with a wrong signature',
    400,
    () => {
      const request = { claim: new Uint8Array(8), signature: new Uint8Array(64) };
      return callOf(pathOf(AgentService, 'Join'), JoinRequestSchema, request);
    },
  ],
  [
    'bytes that are no message',
    400,
    () => ({ ...lease(session, 1), body: Buffer.from('no proto') }),
  ],
  ['an empty body', 400, () => ({ ...lease(session, 1), body: new Uint8Array() })],
  ['a job without a key', 401, () => getJob([])],
  ['a job with a wrong key', 401, () => getJob(['authorization: Bearer mh_0'])],
  ['a job that is none', 404, () => getJob([KEY])],
  ['a job by no id', 400, () => getJob([KEY], 'job')],
  [
    'all jobs',
    200,
    () => ({
      ...callOf(pathOf(JobService, 'ListJobs'), ListJobsRequestSchema, {}),
      headers: [KEY],
    }),
  ],
  [
    'the network',
    200,
    () => callOf(pathOf(NetworkService, 'GetNetwork'), GetNetworkRequestSchema, {}),
  ],
  [
    'with a time-out',
    200,
    () => ({ ...lease(session, 1), headers: ['connect-timeout-ms: 15000'] }),
  ],
  [
    'with a time-out of none',
    400,
    () => ({ ...lease(session, 1), headers: ['connect-timeout-ms: x'] }),
  ],
  [
    'with the version',
    200,
    () => ({ ...lease(session, 1), headers: ['connect-protocol-version: 1'] }),
  ],
  [
    'with headers of its own',
    200,
    () => ({ ...lease(session, 1), headers: ['x-user-agent: a', 'te: trailers'] }),
  ],
  [
    'not compressed',
    200,
    () => ({ ...lease(session, 1), headers: ['content-encoding: identity'] }),
  ],
  ['compressed', 501, () => ({ ...lease(session, 1), headers: ['content-encoding: gzip'] })],
  ['of an origin', 200, () => ({ ...lease(session, 1), headers: ['origin: http://localhost'] })],
];

describe('the quick way of unary calls', () => {
  it.each(CALLS)('answers as the adapter does: %s', async (_, status, make) => {
    const call = make();
    const quick = await answerTo(call, { type: QUICKLY, inParts: false });
    expect(quick.status).toBe(status);
    expect(quick).toEqual(await answerTo(call, { type: SLOWLY, inParts: false }));
    // However the body comes.
    expect(await answerTo(call, { type: QUICKLY, inParts: true })).toEqual(quick);
    const chunked = chunkedCall(call);
    expect(await answerTo(chunked, { type: QUICKLY, inParts: false })).toEqual(quick);
  });

  it('answers challenges, which differ each time, with the same headers', async () => {
    const path = pathOf(AgentService, 'GetChallenge');
    const call = callOf(path, GetChallengeRequestSchema, {});
    const quick = await answerTo(call, { type: QUICKLY, inParts: false });
    const slow = await answerTo(call, { type: SLOWLY, inParts: false });
    expect({ ...quick, body: '' }).toEqual({ ...slow, body: '' });
    expect(quick.status).toBe(200);
  });

  it('ends a wait when the client’s time is over', async () => {
    const request = { sessionId: session, maxTasks: 1, waitMs: 20_000 };
    const call = callOf(pathOf(AgentService, 'LeaseTasks'), LeaseTasksRequestSchema, request);
    const headers = ['connect-timeout-ms: 100'];
    const quick = await answerTo({ ...call, headers }, { type: QUICKLY, inParts: false });
    expect(quick).toEqual(await answerTo({ ...call, headers }, { type: SLOWLY, inParts: false }));
  });

  it('goes on when clients break off in the middle of a call', async () => {
    const { path, body } = lease(session, 1);
    for (const sent of [0, 5, body.byteLength]) {
      await new Promise<void>((resolve) => {
        const head = headOf({ path, body }, QUICKLY);
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(head);
          socket.write(body.subarray(0, sent), () => socket.destroy());
        });
        socket.on('close', () => resolve());
        socket.on('error', () => {});
      });
    }
    const answer = await answerTo({ path, body }, { type: QUICKLY, inParts: false });
    expect(answer.status).toBe(200);
  });
});

function leaseId(): string {
  return `lease_${'0'.repeat(26)}`;
}

/** A call of which the length is not told ahead, as connect-node sends it. */
function chunkedCall(call: Call): Call {
  const { headers = [], body } = call;
  const part = body.byteLength === 0 ? '' : `${body.byteLength.toString(16)}\r\n`;
  const chunks = [
    Buffer.from(part),
    body,
    Buffer.from(part === '' ? '' : '\r\n'),
    Buffer.from('0\r\n\r\n'),
  ];
  return {
    path: call.path,
    headers: [...headers, 'transfer-encoding: chunked'],
    body: Buffer.concat(chunks),
  };
}

function headOf({ path, headers = [], body }: Call, type: string): string {
  const isChunked = headers.includes('transfer-encoding: chunked');
  return [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    `content-type: ${type}`,
    ...(isChunked ? [] : [`content-length: ${body.byteLength}`]),
    ...headers,
    'connection: close',
    '',
    '',
  ].join('\r\n');
}

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** An answer to its last byte, but for the time that it names. */
function answerTo(
  call: Call,
  how: { readonly type: string; readonly inParts: boolean },
): Promise<Answer> {
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.setNoDelay(true);
      socket.write(headOf(call, how.type));
      if (!how.inParts) return void socket.write(call.body);
      const half = Math.ceil(call.body.byteLength / 2);
      socket.write(call.body.subarray(0, half), () => {
        setImmediate(() => socket.write(call.body.subarray(half)));
      });
    });
    socket.on('data', (part) => parts.push(part));
    socket.on('close', () => resolve(parsedAnswer(Buffer.concat(parts))));
    socket.on('error', reject);
  });
}

function parsedAnswer(bytes: Buffer): Answer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const kept = headers.filter(([name]) => name !== 'date').sort();
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(kept),
    body: text.slice(end + 4),
  };
}

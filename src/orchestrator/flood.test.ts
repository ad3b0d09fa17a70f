import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { CALLS_BURST, CHALLENGES_BURST, JOINS_BURST, PUT_BYTES_BURST } from '../domain/limits.ts';
import { leafIdOf } from '../integrity/index.ts';
import { AgentService, DataService, failureFromConnect } from '../wire/index.ts';
import { startForTest, volunteerAt, type Volunteer } from './volunteer.contract.ts';

// A clock that stands still: nothing is given back meanwhile.
const nowMs = Date.now();
const limited = await startForTest(
  { limitLoopback: true, trustedProxy: ['loopback'] },
  { now: () => nowMs },
);
const exempt = await startForTest({}, { now: () => nowMs });

/** Callers whose requests a proxy forwards, over each protocol that is spoken. */
const TRANSPORTS = {
  connect: createConnectTransport,
  'connect in JSON': (options: { baseUrl: string; httpVersion: '1.1' }) =>
    createConnectTransport({ ...options, useBinaryFormat: false }),
  'gRPC-Web': createGrpcWebTransport,
  gRPC: (options: { baseUrl: string }) => createGrpcTransport(options),
};
type Protocol = keyof typeof TRANSPORTS;

function transportFrom(address: string, protocol: Protocol = 'connect', url = limited.url) {
  const forward = (next: (request: never) => Promise<never>) => (request: never) => {
    // Of any transport, a request has these headers.
    (request as { header: Headers }).header.set('x-forwarded-for', address);
    return next(request);
  };
  const options = { baseUrl: url, httpVersion: '1.1' as const, interceptors: [forward as never] };
  return TRANSPORTS[protocol](options);
}

function agentsFrom(...by: Parameters<typeof transportFrom>): Client<typeof AgentService> {
  return createClient(AgentService, transportFrom(...by));
}

/** Calls so many times, and gives the first refusal with how many calls went before it. */
async function flood(most: number, call: () => Promise<unknown>) {
  for (let count = 0; count < most; count++) {
    try {
      await call();
    } catch (thrown) {
      const { code, retryAfterMs } = failureFromConnect(thrown);
      return { count, code, retryAfterMs, status: ConnectError.from(thrown).code };
    }
  }
  return null;
}

function unlessMismatch(thrown: unknown): void {
  if (failureFromConnect(thrown).code === 'rate_limited') throw thrown;
}

const refused = (count: number) => ({
  count,
  code: 'rate_limited',
  retryAfterMs: expect.any(Number),
  status: Code.ResourceExhausted,
});

describe('an orchestrator behind a proxy', { timeout: 60_000 }, () => {
  it('holds an address range to its challenges, by whatever protocol, and others not', async () => {
    const one = agentsFrom('203.0.113.1');
    const ran = await flood(CHALLENGES_BURST + 9, () => one.getChallenge({}));
    expect(ran).toEqual(refused(CHALLENGES_BURST));
    for (const protocol of Object.keys(TRANSPORTS) as Protocol[]) {
      const neighbour = agentsFrom('203.0.113.2', protocol);
      expect(await flood(1, () => neighbour.getChallenge({}))).toEqual(refused(0));
      const spoofing = agentsFrom('198.51.100.1, 203.0.113.3', protocol);
      expect(await flood(1, () => spoofing.getChallenge({}))).toEqual(refused(0));
      const elsewhere = agentsFrom('203.0.114.1', protocol);
      expect(await flood(1, () => elsewhere.getChallenge({}))).toBeNull();
    }
  });

  it('holds an address range to its joins', async () => {
    const transport = transportFrom('203.0.115.1');
    const join = () => volunteerAt(limited.url, { transport });
    expect(await flood(JOINS_BURST + 9, join)).toEqual(refused(JOINS_BURST));
  });

  it('holds a session to its calls, of all kinds together', async () => {
    const join = (address: string): Promise<Volunteer> =>
      volunteerAt(limited.url, { transport: transportFrom(address) });
    const [greedy, neighbour] = [await join('203.0.116.1'), await join('203.0.116.2')];
    const beat = ({ agents, session }: Volunteer) => agents.heartbeat({ sessionId: session });
    expect(await flood(CALLS_BURST + 9, () => beat(greedy))).toEqual(refused(CALLS_BURST));
    expect(await flood(1, () => greedy.lease())).toEqual(refused(0));
    expect(await flood(1, () => beat(neighbour))).toBeNull();
  });

  it("holds an address range's agents to their bytes, and its producers not", async () => {
    const transport = transportFrom('203.0.117.1');
    const { session: sessionId } = await volunteerAt(limited.url, { transport });
    const data = createClient(DataService, transport);
    const block = new Uint8Array(4 * 1024 ** 2);
    const contentId = await leafIdOf(new Uint8Array(1));
    // Bytes count whether they are of use or not.
    const put = () => data.putBlock({ contentId, block, sessionId }).catch(unlessMismatch);
    const ran = await flood(PUT_BYTES_BURST / block.byteLength + 9, put);
    expect(ran).toEqual(refused(PUT_BYTES_BURST / block.byteLength));
    const headers = { authorization: `Bearer ${limited.apiKey}` };
    const bytes = { contentId, block: new Uint8Array(1) };
    expect(await flood(1, () => data.putBlock(bytes, { headers }))).toBeNull();
  });
});

describe('an orchestrator without a proxy', { timeout: 60_000 }, () => {
  it('lets its own machine be, and reads nothing of who a caller says it is', async () => {
    const one = agentsFrom('203.0.113.1', 'connect', exempt.url);
    expect(await flood(CHALLENGES_BURST + 9, () => one.getChallenge({}))).toBeNull();
  });
});

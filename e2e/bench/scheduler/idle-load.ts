import { setTimeout as pause } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AgentService,
  HeartbeatRequestSchema,
  LeaseTasksRequestSchema,
  LeaseTasksResponseSchema,
} from '../../../src/wire/index.ts';
import { joinRaw } from './raw-agent.ts';
import { RawClient, requestOf } from './raw-client.ts';

/**
 * The load of the bench of idle agents, a process of its own: `node idle-load.ts URL AGENTS`.
 *
 * Each agent has a key, a session and a connection of its own, over which it waits for work as our
 * agents do: a request that is held as long as the other side allows, and the next when it says so.
 * Heartbeats go as often as an agent without leases sends them, over connections that some share,
 * as they come between requests of an agent's own. Says "attached" once all wait.
 */
const [address = '', agents = '100'] = process.argv.slice(2);
const url = new URL(address);
const { method } = AgentService;
const JOINING_AT_ONCE = 32;
const BEATING_CONNECTIONS = 64;
const LONG_POLL_MS = 20_000;
const BEATEN_LESS_THAN_MS = 1_000;

const sessions: string[] = [];
await Promise.all(Array.from({ length: JOINING_AT_ONCE }, attachSome));
console.log('attached');
const beatMs = Number(process.env['IDLE_HEARTBEAT_MS'] ?? 60_000);
await Promise.all(Array.from({ length: BEATING_CONNECTIONS }, (_, index) => beatForEver(index)));

async function attachSome(): Promise<void> {
  while (sessions.length < Number(agents)) {
    // Its place is taken before it is there: others look meanwhile.
    const place = sessions.push('') - 1;
    const client = await RawClient.open(url);
    const { session } = await joinRaw(client);
    sessions[place] = session;
    void waitForEver(client, session);
  }
}

async function waitForEver(client: RawClient, sessionId: string): Promise<void> {
  const ask = create(LeaseTasksRequestSchema, { sessionId, maxTasks: 1, waitMs: LONG_POLL_MS });
  const body = toBinary(LeaseTasksRequestSchema, ask);
  const request = requestOf(method.leaseTasks, url.host, body);
  for (;;) {
    const answer = fromBinary(LeaseTasksResponseSchema, await client.send(request));
    await pause(answer.askAgainMs);
  }
}

/** Sends the heartbeats of every so many-th agent, spread over the time between two of one. */
async function beatForEver(first: number): Promise<void> {
  const client = await RawClient.open(url);
  const mine = sessions.filter((_, index) => index % BEATING_CONNECTIONS === first);
  const requests = mine.map((sessionId) => {
    const beat = create(HeartbeatRequestSchema, { sessionId });
    return requestOf(method.heartbeat, url.host, toBinary(HeartbeatRequestSchema, beat));
  });
  const betweenMs = beatMs / Math.max(1, requests.length);
  for (let index = 0; ; index = (index + 1) % requests.length) {
    const request = requests[index];
    await pause(Math.min(betweenMs, beatMs - BEATEN_LESS_THAN_MS));
    if (request !== undefined) await client.send(request);
  }
}

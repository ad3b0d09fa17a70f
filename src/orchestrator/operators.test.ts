import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import type { AgentId } from '../domain/ids.ts';
import { generateSigningKey, publicKeyOf, type SigningKey } from '../integrity/index.ts';
import { isTrusted } from '../scheduler/index.ts';
import { failureFromConnect, JobService, OperatorService, TrustState } from '../wire/index.ts';
import { lyingVolunteer } from './example-jobs.contract.ts';
import { openHoldings } from './holdings.ts';
import { lineLogger } from './logger.ts';
import {
  freshFolder,
  producerOf,
  startForTest,
  valueOf,
  volunteerAt,
  type Volunteer,
} from './volunteer.contract.ts';
import type { RunningOrchestrator } from './orchestrator.ts';

const DAY_MS = 86_400_000;
/** A thread has to start. */
const CHECKED = { timeout: 30_000 };
const quiet = lineLogger({ level: 'silent', write: () => {} });

function operatorOf({ url }: RunningOrchestrator, key: string | null) {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const client = createClient(OperatorService, transport);
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  return { client, options: { headers } };
}

async function refusalOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  const { code, message } = failureFromConnect(thrown);
  return { code, message, status: ConnectError.from(thrown).code };
}

const newKey = async (): Promise<SigningKey> =>
  valueOf(await generateSigningKey({ extractable: false }));
const bytesOf = (agent: AgentId): Uint8Array => valueOf(publicKeyOf(agent));

/** A volunteer whose one result is wrong, and is found out. */
async function quarantined(orchestrator: RunningOrchestrator): Promise<Volunteer> {
  const volunteer = await lyingVolunteer(orchestrator);
  await expect
    .poll(async () => Number((await beat(volunteer)).standing?.quarantinedUntilMs), CHECKED)
    .toBeGreaterThan(0);
  return volunteer;
}

const beat = ({ agents, session }: Volunteer) => agents.heartbeat({ sessionId: session });

/** Whether a closed orchestrator's log leaves a key trusted. */
async function trustedInLog(data: string, agent: AgentId): Promise<boolean> {
  const holdings = valueOf(await openHoldings(data, quiet));
  const trusted = isTrusted(holdings.recovered.state, agent);
  await holdings.close();
  return trusted;
}

describe('OperatorService', { timeout: 60_000 }, () => {
  it('answers nobody without the operator key, least of all a producer', async () => {
    const orchestrator = await startForTest();
    for (const key of [null, orchestrator.apiKey, 'mho_0', `${orchestrator.operatorKey}x`]) {
      const { client, options } = operatorOf(orchestrator, key);
      for (const call of [
        () => client.listKeys({}, options),
        () => client.listQuarantines({}, options),
        () => client.grantAmnesty({ reason: 'mine' }, options),
        () => client.revokeKey({ publicKey: new Uint8Array(32) }, options),
      ]) {
        expect(await refusalOf(call())).toMatchObject({
          code: 'operator_key_invalid',
          status: Code.Unauthenticated,
          message: expect.stringContaining('--operator-key'),
        });
      }
    }
    const transport = createConnectTransport({ baseUrl: orchestrator.url, httpVersion: '1.1' });
    const headers = { authorization: `Bearer ${orchestrator.operatorKey}` };
    const jobs = createClient(JobService, transport).listJobs({}, { headers });
    expect(await refusalOf(jobs)).toMatchObject({ code: 'api_key_invalid' });
  });

  it('registers a key, so that its present session and its next are trusted', async () => {
    const data = freshFolder();
    const orchestrator = await startForTest({ data });
    const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
    const [present, coming, nobody] = [await newKey(), await newKey(), await newKey()];
    await volunteerAt(orchestrator.url, { key: present });
    for (const { agent } of [present, coming]) {
      const request = { publicKey: bytesOf(agent), name: 'the lab' };
      const { key } = await client.registerKey(request, options);
      expect(key).toMatchObject({ state: TrustState.TRUSTED });
    }
    await volunteerAt(orchestrator.url, { key: coming });
    await volunteerAt(orchestrator.url, { key: nobody });
    expect((await client.listKeys({}, options)).keys).toHaveLength(2);
    const first = await client.listKeys({ pageSize: 1 }, options);
    expect(first.keys).toHaveLength(1);
    const pageToken = first.nextPageToken;
    const second = await client.listKeys({ pageSize: 1, pageToken }, options);
    expect(second).toMatchObject({ keys: [{}], nextPageToken: '' });
    expect(second.keys).not.toEqual(first.keys);
    await orchestrator.close();
    expect(await trustedInLog(data, present.agent)).toBe(true);
    expect(await trustedInLog(data, coming.agent)).toBe(true);
    expect(await trustedInLog(data, nobody.agent)).toBe(false);
  });

  it('revokes a key before it answers, and its session goes on', async () => {
    const data = freshFolder();
    const orchestrator = await startForTest({ data });
    const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
    const key = await newKey();
    const publicKey = bytesOf(key.agent);
    await client.registerKey({ publicKey, name: 'the lab' }, options);
    const volunteer = await volunteerAt(orchestrator.url, { key });
    await client.revokeKey({ publicKey }, options);
    await beat(volunteer);
    expect((await client.listKeys({}, options)).keys).toEqual([]);
    expect(await refusalOf(client.revokeKey({ publicKey }, options))).toMatchObject({
      code: 'agent_unknown',
      status: Code.NotFound,
    });
    await orchestrator.close();
    expect(await trustedInLog(data, key.agent)).toBe(false);
  });

  it('trusts a key from its first instant to its last', async () => {
    const data = freshFolder();
    const key = await newKey();
    const startMs = Date.now();
    let nowMs = startMs;
    const at = { now: () => nowMs };
    const run = async (stateThere: TrustState, trusted: boolean): Promise<void> => {
      const orchestrator = await startForTest({ data }, at);
      const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
      const { keys } = await client.listKeys({}, options);
      expect(keys).toMatchObject([{ state: stateThere }]);
      await volunteerAt(orchestrator.url, { key });
      await orchestrator.close();
      expect(await trustedInLog(data, key.agent)).toBe(trusted);
    };
    const first = await startForTest({ data }, at);
    const { client, options } = operatorOf(first, first.operatorKey);
    const request = {
      publicKey: bytesOf(key.agent),
      name: 'the lab',
      notBeforeMs: BigInt(startMs + DAY_MS),
      expiresMs: BigInt(startMs + 2 * DAY_MS),
    };
    const { key: registered } = await client.registerKey(request, options);
    expect(registered).toMatchObject({ state: TrustState.NOT_YET });
    await first.close();
    nowMs = startMs + DAY_MS - 1;
    await run(TrustState.NOT_YET, false);
    nowMs = startMs + DAY_MS;
    await run(TrustState.TRUSTED, true);
    nowMs = startMs + 2 * DAY_MS;
    await run(TrustState.EXPIRED, false);
  });

  it.each([
    ['expired already', { expiresMs: 1n }, /expired already/],
    [
      'that end before they begin',
      { notBeforeMs: 5_000_000_000_000n, expiresMs: 4_999_999_999_999n },
      /before it is trusted/,
    ],
    ['of more than five years', { expiresMs: 9_000_000_000_000n }, /more than five years/],
    ['of no key', { publicKey: new Uint8Array(32) }, /small order/],
    ['without a name', { name: '' }, /name/],
  ])('refuses registrations %s', async (_, changes, message) => {
    const orchestrator = await startForTest();
    const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
    const { agent } = await newKey();
    const request = { publicKey: bytesOf(agent), name: 'the lab', ...changes };
    const refused = await refusalOf(client.registerKey(request, options));
    expect(refused.message).toMatch(message);
    expect((await client.listKeys({}, options)).keys).toEqual([]);
  });

  it('releases a quarantined key, which then gets tasks', async () => {
    const orchestrator = await startForTest({ contact: 'appeals@example.org' });
    const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
    const volunteer = await quarantined(orchestrator);
    const publicKey = bytesOf(volunteer.key.agent);
    const { standing } = await beat(volunteer);
    expect(standing?.quarantineReason).toMatch(/\(to appeal: appeals@example\.org\)$/);
    const { network } = producerOf(orchestrator);
    expect(await network.getNetwork({})).toMatchObject({ contact: 'appeals@example.org' });
    expect(await client.listQuarantines({}, options)).toMatchObject({
      quarantines: [{ publicKey, rejected: 1n, present: true }],
      nextPageToken: '',
    });
    expect(await volunteer.lease()).toEqual([]);
    await client.releaseKey({ publicKey, reason: 'a driver was to blame' }, options);
    expect((await client.listQuarantines({}, options)).quarantines).toEqual([]);
    // The former session stands in the evidence: it is over, and the key joins anew.
    await expect(volunteer.lease()).rejects.toThrow(/session/);
    const released = await volunteerAt(orchestrator.url, { key: volunteer.key });
    expect(await released.lease()).not.toEqual([]);
    const again = await refusalOf(client.releaseKey({ publicKey }, options));
    expect(again).toMatchObject({ code: 'agent_unknown' });
  });

  it('grants an amnesty to whom was quarantined since an instant', async () => {
    const orchestrator = await startForTest();
    const { client, options } = operatorOf(orchestrator, orchestrator.operatorKey);
    const sinceMs = BigInt(Date.now());
    const volunteers = [await quarantined(orchestrator), await quarantined(orchestrator)];
    const later = { sinceMs: BigInt(Date.now() + DAY_MS), reason: 'an incident' };
    expect(await client.grantAmnesty(later, options)).toMatchObject({ released: 0 });
    expect((await client.listQuarantines({}, options)).quarantines).toHaveLength(2);
    const granted = await client.grantAmnesty({ sinceMs, reason: 'an incident' }, options);
    expect(granted).toMatchObject({ released: 2 });
    expect((await client.listQuarantines({}, options)).quarantines).toEqual([]);
    for (const { key } of volunteers) {
      const volunteer = await volunteerAt(orchestrator.url, { key });
      expect((await beat(volunteer)).standing).toMatchObject({ rejected: 0n });
    }
    const silent = await refusalOf(client.grantAmnesty({ sinceMs }, options));
    expect(silent).toMatchObject({ code: 'input_invalid' });
  });
});

import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import {
  agentIdOf,
  messageSignerOf,
  publicKeyOf,
  type CanonicalValue,
  type MessageSigner,
} from '../../integrity/index.ts';
import { OperatorService } from '../../wire/index.ts';
import { lyingVolunteer } from '../example-jobs.contract.ts';
import { startOrchestrator, type RunningOrchestrator } from '../orchestrator.ts';
import { testConfig, valueOf, until } from '../volunteer.contract.ts';
import { actionOf, getJson, newSigner, servicesOf } from './functions.contract.ts';

describe('quarantines in the record', () => {
  it('stand there with why and until when, once, and end with the words of who ended them', async () => {
    const config = testConfig({ publishEvery: 50 });
    let orchestrator = valueOf(await startOrchestrator(config));
    const { agent } = (await lyingVolunteer(orchestrator)).key;
    const row = () => standingOf(orchestrator, agent);
    await until(async () => (await row()) !== null);
    const before = await row();
    expect(before).toMatchObject({ decision: null, appeal: null });
    expect(before?.['evidence']).toMatch(/\w/);
    // What is there is not written again by the next process.
    await orchestrator.close();
    orchestrator = valueOf(await startOrchestrator(config));
    await until(async () => (await row()) !== null);
    const transport = createConnectTransport({ baseUrl: orchestrator.url, httpVersion: '1.1' });
    const headers = { authorization: `Bearer ${orchestrator.operatorKey}` };
    const publicKey = valueOf(publicKeyOf(agent));
    const released = { publicKey, reason: 'a driver was to blame' };
    await createClient(OperatorService, transport).releaseKey(released, { headers });
    await until(async () => (await row())?.['decision'] !== null);
    const after = await row();
    expect(after).toMatchObject({ decision: { lift: true, words: 'a driver was to blame' } });
    const { atMs } = before ?? {};
    expect(after).toMatchObject({ atMs, evidence: before?.['evidence'] });
    await orchestrator.close();
  });

  it('end here where another judge lifts them on appeal, and stay where a stranger says so', async () => {
    const judge = await newSigner();
    const judges = [valueOf(agentIdOf(judge.publicKey))];
    const orchestrator = valueOf(await startOrchestrator(testConfig({ publishEvery: 50, judges })));
    const { key: appellant } = await lyingVolunteer(orchestrator);
    const { agent } = appellant;
    await until(async () => (await standingOf(orchestrator, agent)) !== null);
    const { ledger } = servicesOf(orchestrator.url);
    const { functions } = await ledger.getRecord({});
    const id = functions.find(({ name }) => name === 'standing')?.functionId ?? '';
    const say = async (signer: MessageSigner, body: CanonicalValue) => {
      const entry = await actionOf(signer, { function: id, body });
      return ledger.submitEntry({ entry });
    };
    await say(messageSignerOf(appellant), { kind: 'appeal', words: 'my driver was broken' });
    const lift = { kind: 'decide', key: agent, lift: true, words: 'it was' };
    await until(async () => (await standingOf(orchestrator, agent))?.['appeal'] !== null);
    // Nobody's judge: it stands in the record, and changes nothing.
    const { index } = await say(await newSigner(), lift);
    const outcome = await getJson(`${orchestrator.url}/fn/${id}/outcome?index=${index}`);
    expect(JSON.stringify(outcome)).toContain('only judges do this');
    expect(await quarantinedKeys(orchestrator)).toEqual([agent]);
    await say(judge, lift);
    await until(async () => (await quarantinedKeys(orchestrator)).length === 0);
    expect(await standingOf(orchestrator, agent)).toMatchObject({
      decision: { judge: judges[0], lift: true, words: 'it was' },
    });
    await orchestrator.close();
  });
});

async function quarantinedKeys({ url, operatorKey }: RunningOrchestrator): Promise<AgentId[]> {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const headers = { authorization: `Bearer ${operatorKey}` };
  const listed = await createClient(OperatorService, transport).listQuarantines({}, { headers });
  return listed.quarantines.map(({ publicKey }) => valueOf(agentIdOf(publicKey)));
}

async function standingOf({ url }: RunningOrchestrator, agent: AgentId) {
  const { functions } = await servicesOf(url).ledger.getRecord({});
  const id = functions.find(({ name }) => name === 'standing')?.functionId ?? '';
  const { value } = await getJson(`${url}/fn/${id}/state?key=of/${agent}`);
  return (value ?? null) as Record<string, unknown> | null;
}

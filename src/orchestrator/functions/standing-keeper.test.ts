import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { USUAL_TERMS } from '../../domain/job.ts';
import type { AgentId } from '../../domain/ids.ts';
import { publicKeyOf } from '../../integrity/index.ts';
import { jobSpecToWire, OperatorService } from '../../wire/index.ts';
import { startOrchestrator, type RunningOrchestrator } from '../orchestrator.ts';
import {
  floats,
  producerOf,
  testConfig,
  valueOf,
  volunteerAt,
  until,
} from '../volunteer.contract.ts';
import { getJson, servicesOf } from './functions.contract.ts';

describe('quarantines in the record', () => {
  it('stand there with why and until when, once, and end with the words of who ended them', async () => {
    const config = testConfig({ publishEvery: 50 });
    let orchestrator = valueOf(await startOrchestrator(config));
    const agent = await quarantinedAgent(orchestrator);
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
});

async function standingOf({ url }: RunningOrchestrator, agent: AgentId) {
  const { functions } = await servicesOf(url).ledger.getRecord({});
  const id = functions.find(({ name }) => name === 'standing')?.functionId ?? '';
  const { value } = await getJson(`${url}/fn/${id}/state?key=of/${agent}`);
  return (value ?? null) as Record<string, unknown> | null;
}

/** A volunteer whose one result is wrong, and is found out. */
async function quarantinedAgent(orchestrator: RunningOrchestrator): Promise<AgentId> {
  const x = floats([4, 2], [1, -2, 3, -4, 5, -6, 7, -8]);
  const spec = jobSpecToWire({
    name: 'relu',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: x }],
      nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    rowsPerTask: 1,
  });
  await producerOf(orchestrator).jobs.submitJob({ idempotencyKey: 'a', spec });
  const volunteer = await volunteerAt(orchestrator.url);
  const [task] = await volunteer.lease({ maxTasks: 1 });
  if (task === undefined) throw new Error('no task');
  const output = [floats([1, 2], [-1, -1])];
  const result = { kind: 'output', output } as const;
  await volunteer.report([{ lease: task.lease, result, computeMs: 1, backend: 'wasm' }]);
  return volunteer.key.agent;
}

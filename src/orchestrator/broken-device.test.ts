import { describe, expect, it } from 'vitest';
import { USUAL_TERMS } from '../domain/job.ts';
import { failureFromConnect, jobSpecToWire } from '../wire/index.ts';
import {
  floats,
  producerOf,
  startForTest,
  volunteerAt,
  type Producer,
} from './volunteer.contract.ts';

const failed = { primitive: 'tanh', backend: 'webgpu', passed: false, detail: 'NaN' } as const;
const passed = { primitive: 'tanh', backend: 'wasm', passed: true, detail: '' } as const;

async function submitOneTask({ jobs }: Producer): Promise<void> {
  const spec = jobSpecToWire({
    name: 'one task',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: floats([1, 2], [1, 2]) }],
      nodes: [{ operator: 'add', inputs: ['x', 'x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    // Nobody gives the second opinion before the first is withdrawn.
    checking: { kind: 'twice' },
  });
  await jobs.submitJob({ idempotencyKey: 'key', spec });
}

describe('an agent whose device broke', () => {
  it('takes its result back over a heartbeat, is not blamed, and others do the task', async () => {
    const { url, apiKey } = await startForTest();
    await submitOneTask(producerOf({ url, apiKey }));
    const ada = await volunteerAt(url);
    const [task] = await ada.lease();
    if (task === undefined) throw new Error('no task was leased');
    await ada.report([await ada.compute(task)]);
    const beat = { sessionId: ada.session, leases: [], withdrawnLeaseIds: [task.lease] };
    const { standing } = await ada.agents.heartbeat(beat);
    expect(standing).toMatchObject({ pending: 0n, rejected: 0n, quarantinedUntilMs: 0n });
    const ben = await volunteerAt(url);
    expect((await ben.lease()).map(({ task: name }) => name)).toEqual([task.task]);
  });

  it.each([
    ['no lease id', 'lease_x', 'input_invalid'],
    ['too many', null, 'input_invalid'],
  ])('is refused where it names %s', async (_, id, code) => {
    const { url } = await startForTest();
    const ada = await volunteerAt(url);
    const ids = id === null ? Array.from({ length: 257 }, () => `lease_${'0'.repeat(26)}`) : [id];
    const beat = { sessionId: ada.session, leases: [], withdrawnLeaseIds: ids };
    const refused = await ada.agents.heartbeat(beat).catch(failureFromConnect);
    expect(refused).toMatchObject({ code });
  });
});

describe('the table of devices', () => {
  it('is told page by page, and as JSON', async () => {
    const running = await startForTest();
    const conformance = [failed, passed];
    for (const label of ['Chromium 155, Linux', 'Chromium 156, Linux', 'Chromium 156, macOS']) {
      await volunteerAt(running.url, { capability: { label }, conformance });
    }
    const { network } = producerOf(running);
    const first = await network.listConformance({ pageSize: 1 });
    expect(first).toMatchObject({ deviceCount: 2, nextPageToken: '1' });
    expect(first.devices[0]).toMatchObject({ software: 'Chromium 156', keys: 2 });
    const second = await network.listConformance({ pageSize: 1, pageToken: '1' });
    expect(second).toMatchObject({ nextPageToken: '', devices: [{ software: 'Chromium 155' }] });
    const answer = await fetch(`${running.url}/conformance.json`);
    const { devices } = (await answer.json()) as { devices: unknown[] };
    expect(devices[0]).toMatchObject({
      software: 'Chromium 156',
      primitives: [
        { primitive: 'tanh', backend: 'webgpu', failedKeys: 2, failureDetail: 'NaN' },
        { primitive: 'tanh', backend: 'wasm', passedKeys: 2 },
      ],
    });
  });

  it('has no page that nobody named', async () => {
    const { network } = producerOf(await startForTest());
    const refused = await network.listConformance({ pageToken: 'x' }).catch(failureFromConnect);
    expect(refused).toMatchObject({ code: 'input_invalid' });
  });
});

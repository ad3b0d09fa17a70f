import { describe, expect, it } from 'vitest';
import { squaresSpec } from '../example-jobs.contract.ts';
import { producerOf, startForTest, volunteerAt, until } from '../volunteer.contract.ts';
import { getJson, servicesOf } from './functions.contract.ts';

describe('work that was accepted', () => {
  it('is in the total of its key, in the function that the log evaluates', async () => {
    const orchestrator = await startForTest({ publishEvery: 50 });
    const values = Array.from({ length: 8 }, (_, index) => index);
    const spec = squaresSpec(values);
    const { jobs } = producerOf(orchestrator);
    const { job } = await jobs.submitJob({ idempotencyKey: 'a', spec });
    const volunteer = await volunteerAt(orchestrator.url);
    const ended = (async () => {
      for await (const { job: seen } of jobs.watchJob({ jobId: job?.jobId ?? '' })) {
        if (seen?.endedAtMs !== 0n) return seen;
      }
      return null;
    })();
    await volunteer.workUntil(ended);
    const { functions } = await servicesOf(orchestrator.url).ledger.getRecord({});
    const id = functions.find(({ name }) => name === 'credits')?.functionId ?? '';
    const total = async () => {
      const at = `${orchestrator.url}/fn/${id}/state?key=total/${volunteer.key.agent}`;
      return Number((await getJson(at))['value'] ?? 0);
    };
    // Eight tasks of less than a million operations each count one unit each.
    await until(async () => (await total()) >= 8);
    expect(await total()).toBe(8);
  });
});

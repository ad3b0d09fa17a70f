import { describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../../integrity/index.ts';
import { creditedTaskId, verifyTaskReceipt } from '../../../ledger/index.ts';
import { squaresSpec } from '../../example-jobs.contract.ts';
import { creditsOf, ledgerAt, policyIn, publishedCredits } from '../record-client.contract.ts';
import { producerOf, startForTest, valueOf, volunteerAt } from '../../volunteer.contract.ts';

const ROWS = 30;

/** A job of many small tasks, done by one volunteer. */
async function doneJob(url: string, apiKey: string, checking: 'twice' | 'recompute') {
  const spec = squaresSpec(
    Array.from({ length: ROWS }, () => 3),
    checking === 'twice' ? { kind: 'twice' } : { kind: 'recompute', share: 1 },
  );
  const producer = producerOf({ url, apiKey });
  const { job } = await producer.jobs.submitJob({ idempotencyKey: 'a', spec });
  const ended = (async () => {
    for await (const update of producer.jobs.watchJob({ jobId: job?.jobId ?? '' })) {
      if (update.job?.endedAtMs !== 0n) return update.job;
    }
    return null;
  })();
  return { jobId: job?.jobId ?? '', ended };
}

describe('credits of accepted tasks', { timeout: 120_000 }, () => {
  it('come to the record, each with a receipt that proves it offline', async () => {
    const { url, apiKey } = await startForTest({ creditEvery: 50, publishEvery: 50 });
    const { jobId, ended } = await doneJob(url, apiKey, 'recompute');
    const volunteer = await volunteerAt(url);
    await volunteer.workUntil(ended);
    const { agent } = volunteer.key;
    const listed = await creditsOf(url, agent);
    expect(listed.reduce((sum, { taskCount }) => sum + taskCount, 0)).toBe(ROWS);
    expect(listed.reduce((sum, { units }) => sum + Number(units), 0)).toBe(ROWS);
    const credited = await publishedCredits(url);
    const rows = credited.map(({ rows: { start } }) => start).toSorted((a, b) => a - b);
    expect(rows).toEqual(Array.from({ length: ROWS }, (_, row) => row));
    for (const task of credited) {
      expect(task).toMatchObject({ job: jobId, agent, work: 'mul', model: '', units: 1 });
      // It was signed, and the report is known as long as the process lives.
      expect(task.checks & 2).toBe(2);
      expect(task.report.some((byte) => byte !== 0)).toBe(true);
    }
    const policy = policyIn(await ledgerAt(url).getRecord({}));
    const proven = new Set<string>();
    for (const { index } of listed) {
      const { receipt } = await ledgerAt(url).getReceipt({ index });
      for (const task of credited) {
        const shown = await verifyTaskReceipt(policy, receipt, creditedTaskId(task));
        if (shown.ok) proven.add(creditedTaskId(task));
      }
    }
    expect(proven.size).toBe(ROWS);
  });

  it('are of both keys where two agents agreed', async () => {
    const { url, apiKey } = await startForTest({ creditEvery: 50, publishEvery: 50 });
    const { ended } = await doneJob(url, apiKey, 'twice');
    const [ann, bob] = [await volunteerAt(url), await volunteerAt(url)];
    await Promise.all([ann.workUntil(ended), bob.workUntil(ended)]);
    for (const { key } of [ann, bob]) {
      const listed = await creditsOf(url, key.agent);
      expect(listed.reduce((sum, { taskCount }) => sum + taskCount, 0)).toBe(ROWS);
    }
  });

  it('are listed page by page, the newest first', async () => {
    const { url, apiKey } = await startForTest({ creditEvery: 10, publishEvery: 50 });
    const { ended } = await doneJob(url, apiKey, 'recompute');
    const volunteer = await volunteerAt(url);
    await volunteer.workUntil(ended);
    const all = await creditsOf(url, volunteer.key.agent);
    const publicKey = valueOf(publicKeyOf(volunteer.key.agent));
    const indexes: bigint[] = [];
    let pageToken = '';
    do {
      const page = await ledgerAt(url).listCredits({ publicKey, pageSize: 1, pageToken });
      indexes.push(...page.entries.map(({ index }) => index));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(indexes).toEqual(all.map(({ index }) => index));
    expect(indexes).toEqual(indexes.toSorted((a, b) => Number(b - a)));
  });
});

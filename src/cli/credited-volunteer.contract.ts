import { publicKeyOf, type SigningKey } from '../integrity/index.ts';
import { ledgerAt } from '../orchestrator/record/record-client.contract.ts';
import { squaresSpec } from '../orchestrator/example-jobs.contract.ts';
import { producerOf, until, valueOf, volunteerAt } from '../orchestrator/volunteer.contract.ts';

/** A volunteer with this key does a job of so many rows, a task each; settles once all is published. */
export async function creditSquares(of: {
  readonly url: string;
  readonly apiKey: string;
  readonly key: SigningKey;
  readonly rows: number;
}): Promise<void> {
  const { url, apiKey, key, rows } = of;
  const producer = producerOf({ url, apiKey });
  const spec = squaresSpec(Array.from({ length: rows }, () => 3));
  const { job } = await producer.jobs.submitJob({ idempotencyKey: 'a', spec });
  const ended = (async () => {
    const updates = producer.jobs.watchJob({ jobId: job?.jobId ?? '' });
    for await (const update of updates) if (update.job?.endedAtMs !== 0n) return;
  })();
  await (await volunteerAt(url, { key })).workUntil(ended);
  const record = ledgerAt(url);
  const publicKey = valueOf(publicKeyOf(key.agent));
  await until(async () => {
    const { entries, tasksWaiting } = await record.listCredits({ publicKey });
    const index = entries[0]?.index ?? 0n;
    return tasksWaiting === 0n && (await record.getReceipt({ index }).then(isThere, isNot));
  });
}

const isThere = (): boolean => true;
const isNot = (): boolean => false;

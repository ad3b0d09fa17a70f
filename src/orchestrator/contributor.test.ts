import { expect, it } from 'vitest';
import { USUAL_TERMS, type JobSpec } from '../domain/job.ts';
import { generateSigningKey, publicKeyOf, signBytes } from '../integrity/index.ts';
import { jobSpecToWire } from '../wire/index.ts';
import { floats, producerOf, startForTest, testConfig, valueOf } from './volunteer.contract.ts';

const SPEC: JobSpec = {
  ...USUAL_TERMS,
  name: 'mine',
  workload: {
    kind: 'operators',
    inputs: [{ name: 'x', tensor: floats([1, 1], [1]) }],
    nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
    outputs: ['y'],
  },
};

async function signed(idempotencyKey: string, asKey = idempotencyKey) {
  const key = valueOf(await generateSigningKey({ extractable: false }));
  const bytes = new TextEncoder().encode(idempotencyKey);
  const contributorSignature = await signBytes(key, { purpose: 'contributor', bytes });
  const contributorKey = valueOf(publicKeyOf(key.agent));
  return { spec: jobSpecToWire(SPEC), idempotencyKey: asKey, contributorKey, contributorSignature };
}

it('a producer shows its own agent by a signature of the idempotency key, and of no other', async () => {
  const { jobs } = producerOf(await startForTest(testConfig()));
  expect((await jobs.submitJob(await signed('a'))).job?.name).toBe('mine');
  const replayed = jobs.submitJob(await signed('a', 'b'));
  await expect(replayed).rejects.toThrow(/signature is not of the idempotency key/);
  const { contributorSignature, ...unsigned } = await signed('c');
  expect(contributorSignature.byteLength).toBe(64);
  await expect(jobs.submitJob(unsigned)).rejects.toThrow(/signature/);
});

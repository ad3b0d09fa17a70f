import { describe, expect, it } from 'vitest';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { memoryDisk, memoryStore } from './memory-store.ts';
import { expectOk, JOB, leaseOf, outputOf, reported, STORED_JOB } from './store.contract.ts';
import type { Store } from './store.ts';
import { rememberingStore } from './unjudged-outputs.ts';

/** Over a store that notes which outputs it is asked for. */
async function remembering(bytesMax: number) {
  const asked: LeaseNumber[] = [];
  const reportedBefore = new Set<LeaseNumber>();
  const inner = memoryStore(memoryDisk());
  const noting: Store = {
    ...inner,
    outputs: (job, leases) => {
      asked.push(...leases);
      return inner.outputs(job, leases);
    },
  };
  const store = rememberingStore(noting, {
    isOut: (lease) => !reportedBefore.has(lease),
    bytesMax,
  });
  expectOk(await store.commit([STORED_JOB]));
  return {
    store,
    asked,
    /** A report, after which the scheduler knows the lease as reported. */
    report: async (lease: LeaseNumber, byte: number): Promise<void> => {
      expectOk(await store.commit([reported(lease, outputOf(byte))]));
      reportedBefore.add(lease);
    },
    outputs: (...leases: LeaseNumber[]) => store.outputs(JOB, leases),
  };
}

const [first, second, third] = [leaseOf(1), leaseOf(2), leaseOf(3)];

describe('outputs that wait for their verdict', () => {
  it('are read from memory', async () => {
    const { report, outputs, asked } = await remembering(1e6);
    await report(first, 1);
    await report(second, 2);
    expect(await outputs(second, first)).toEqual([outputOf(2), outputOf(1)]);
    expect(asked).toEqual([]);
  });

  it('are read back where they were too many to be remembered', async () => {
    // Room for one of them.
    const { report, outputs, asked } = await remembering(1_000);
    await report(first, 1);
    await report(second, 2);
    expect(await outputs(first, second, third)).toEqual([outputOf(1), outputOf(2), null]);
    expect(asked).toEqual([first, third]);
  });

  it('are forgotten once they are judged', async () => {
    const { store, report, outputs, asked } = await remembering(1e6);
    await report(first, 1);
    store.forgetOutputs([first, second]);
    expect(await outputs(first)).toEqual([outputOf(1)]);
    expect(asked).toEqual([first]);
  });

  it('stay the first that were reported, whatever comes under their lease later', async () => {
    const { report, outputs } = await remembering(1_000);
    await report(first, 1);
    await report(first, 66);
    expect(await outputs(first)).toEqual([outputOf(1)]);
    // Forgotten for want of room: the next that claims the lease must not be taken for it.
    await report(second, 2);
    await report(first, 66);
    expect(await outputs(first)).toEqual([outputOf(1)]);
  });

  it('are not remembered where the disk refused them', async () => {
    const { store, outputs } = await remembering(1e6);
    const refused = await store.commit([reported(first, outputOf(1)), STORED_JOB]);
    expect(refused.ok).toBe(false);
    expect(await outputs(first)).toEqual([null]);
  });
});

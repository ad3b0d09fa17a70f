import { describe, expect, it } from 'vitest';
import type { AgentId, JobId } from '../../domain/ids.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { memoryDisk, memoryStore } from './memory-store.ts';
import { rememberingStore } from './unjudged-outputs.ts';

const job = `job_${'0'.repeat(26)}` as JobId;
const agent = 'A'.repeat(43) as AgentId;
const [known, read] = [1, 2] as LeaseNumber[] as [LeaseNumber, LeaseNumber];

function outputOf(lease: LeaseNumber): TaskOutput {
  const bytes = new Uint8Array(4).fill(lease);
  return [{ dtype: 'uint8', shape: [4], source: { kind: 'inline', bytes } }];
}

describe('a store that remembers outputs', () => {
  it('gives one that is forgotten while others are read', async () => {
    // Only the first is remembered: no result was taken of it yet.
    const store = rememberingStore(memoryStore(memoryDisk()), {
      isOut: (lease) => lease === known,
    });
    const plan = { stageCount: 1, stages: [], inputs: [], outputs: [] };
    const spec = { name: 'j' } as never;
    const stored = { job, idempotencyKey: 'a', specDigest: new Uint8Array(32), spec, plan };
    const outputs = [known, read].map((lease) => ({ lease, output: outputOf(lease) }));
    await store.commit([
      { kind: 'job', ...stored },
      { kind: 'outputs', job, agent, outputs },
    ]);
    const asked = store.outputs(job, [known, read]);
    store.forgetOutputs([known]);
    expect(await asked).toEqual([outputOf(known), outputOf(read)]);
  });
});

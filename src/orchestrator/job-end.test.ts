import { USUAL_TERMS } from '../domain/job.ts';
import { describe, expect, it } from 'vitest';
import { parseContentId, type AgentId, type JobId } from '../domain/ids.ts';
import type { LeaseNumber } from '../scheduler/index.ts';
import { failure } from '../domain/failure.ts';
import { DISK_RETRY_MS } from '../domain/limits.ts';
import { fail } from '../domain/outcome.ts';
import { leafIdOf } from '../integrity/index.ts';
import { openHoldings } from './holdings.ts';
import { runStages } from './jobs/stage-runner.ts';
import type { Store } from './log/store.ts';
import { lineLogger } from './logger.ts';
import { floats, freshFolder, testConfig, valueOf } from './volunteer.contract.ts';
import { nodePlatform } from './node-platform.ts';
import { startNodeWorkings } from './node-workings.ts';

const AGENT = 'A'.repeat(43) as AgentId;

const logger = lineLogger({ level: 'silent', write: () => {} });

const SPEC = {
  name: 'to be canceled',
  workload: {
    kind: 'operators',
    inputs: [{ name: 'x', tensor: floats([2, 1], [1, 2]) }],
    nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
    outputs: ['y'],
  },
  ...USUAL_TERMS,
  checking: { kind: 'recompute', share: 1 },
  rowsPerTask: 1,
} as const;

/** A store whose disk refuses the first `refusals` ends of jobs. */
function reluctant(store: Store, refusals: number): Store {
  let left = refusals;
  return {
    ...store,
    async commit(writes) {
      const refused = left > 0 && writes.some(({ kind }) => kind === 'ended');
      if (!refused) return store.commit(writes);
      left -= 1;
      return fail(failure('storage_full', 'the disk is full. Free some space.'));
    },
  };
}

async function workingsOver(refusals: number) {
  const holdings = valueOf(await openHoldings(freshFolder(), logger));
  const store = reluctant(holdings.store, refusals);
  const config = testConfig();
  const workings = startNodeWorkings({ ...holdings, store }, { config, logger, now: Date.now });
  await workings.begin(null);
  const close = async (): Promise<void> => {
    await workings.stop();
    await store.close();
  };
  const { job } = valueOf(await workings.intake.submit({ idempotencyKey: 'a', spec: SPEC }));
  return { workings, store, blocks: holdings.blocks, job, close };
}

describe("a job's end", () => {
  it.each([0, 2])('is kept after the disk refused it %i times', async (refusals) => {
    const { workings, store, job, close } = await workingsOver(refusals);
    valueOf(await workings.coordinator.submit({ kind: 'job-canceled', job }));
    await expect.poll(async () => (await store.endedJob(job))?.state).toBe('canceled');
    expect(await store.jobsWithoutEnd()).toEqual([]);
    await close();
  });

  it('leaves none of its results in the store', async () => {
    const { workings, store, job, close } = await workingsOver(0);
    const lease = 7 as LeaseNumber;
    const result = resultOf(lease, job);
    valueOf(await workings.coordinator.submit({ kind: 'job-canceled', job }, [result]));
    await expect.poll(async () => (await store.endedJob(job))?.state).toBe('canceled');
    expect(await store.outputs(job, [lease])).toEqual([null]);
    await close();
  });

  it('ends its assembling too, where that waited for the disk', async () => {
    const { workings, store, blocks, job, close } = await workingsOver(0);
    const { coordinator } = workings;
    const results = [0, 1].map((row) => {
      return { lease: row as LeaseNumber, rows: { start: row, end: row + 1 } };
    });
    const blob = valueOf(parseContentId<'blob'>(await leafIdOf(new Uint8Array(4))));
    const source = { kind: 'blob', blob, byteOffset: 0 } as const;
    const output = [{ dtype: 'float32', shape: [1, 1], source }] as const;
    const outputs = results.map(({ lease }) => ({ lease, output }));
    await coordinator.keep([{ kind: 'outputs', job, agent: AGENT, outputs }]);
    const lines: string[] = [];
    const assemble = runStages({
      coordinator,
      store,
      blocks: { ...blocks, get: async () => fail(failure('storage_failed', 'the disk fails.')) },
      logger: lineLogger({ level: 'debug', write: (line) => lines.push(line) }),
      platform: nodePlatform,
    });
    assemble({ kind: 'stage-finished', job, stage: 0, results });
    await expect.poll(() => lines.join('')).toContain('assembling waits');
    valueOf(await coordinator.submit({ kind: 'job-canceled', job }));
    await new Promise((resolve) => setTimeout(resolve, DISK_RETRY_MS * 1.5));
    expect(lines.filter((line) => !line.includes('assembling waits'))).toEqual([]);
    await close();
  });
});

function resultOf(lease: LeaseNumber, job: JobId) {
  const outputs = [{ lease, output: [floats([1, 1], [1])] }];
  return { kind: 'outputs', job, agent: AGENT, outputs } as const;
}

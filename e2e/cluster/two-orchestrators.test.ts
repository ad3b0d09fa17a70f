import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_POSTGRES } from '../../src/orchestrator/database/test-database.contract.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobSpec } from '../../src/domain/job.ts';
import { readOutput } from '../network/outputs.ts';
import { reluJob } from '../network/relu-job.ts';
import { until } from '../network/processes.ts';
import { certain } from '../network/client.ts';
import { Cluster, type Member } from './cluster.ts';

const TASKS = 4_096;

describe.skipIf(TEST_POSTGRES === null)(
  'orchestrators on one PostgreSQL',
  { timeout: 120_000 },
  () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await Cluster.make();
    });
    afterEach(() => cluster.end());

    const expectRelu = async (at: Member, job: JobId): Promise<void> => {
      const bytes = (await readOutput(at, job)).get('B')?.bytes ?? new Uint8Array();
      const wanted = Array.from({ length: TASKS }, (_, row) => Math.max(0, row - TASKS / 2));
      expect([...new Float32Array(bytes.slice().buffer)]).toEqual(wanted);
    };
    it('does a job with one alone', async () => {
      const one = await cluster.member();
      cluster.agent(one);
      const { job } = await one.producer.submit(reluJob(TASKS));
      expect((await one.producer.watch(job)).state).toBe('done');
      await expectRelu(one, job);
    });

    it('do a job together that either was given, and both tell of it', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      cluster.agent(one);
      cluster.agent(two);
      const agentsAt = async ({ producer }: Member) =>
        (await producer.network.getNetwork({})).agentCount;
      await until(
        'both have an agent',
        async () => (await agentsAt(one)) + (await agentsAt(two)) === 2,
      );
      const { job } = await one.producer.submit(reluJob(TASKS));
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(one, job);
      await expectRelu(two, job);
      const streams = certain(await cluster.database.read('SELECT DISTINCT stream FROM events'));
      expect(streams).toHaveLength(2);
    });

    it('bring a job through its stages, and tell of its end everywhere', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      cluster.agent(two);
      const { job } = await one.producer.submit(stagedJob());
      expect((await one.producer.watch(job)).state).toBe('done');
      const values = (await readOutput(two, job)).get('largest')?.bytes ?? new Uint8Array();
      expect([...new Float32Array(values.slice().buffer)]).toEqual([1022, 1023]);
      const { jobs } = await two.producer.jobs.listJobs({});
      expect(jobs.map(({ jobId }) => jobId)).toEqual([job]);
    });

    it('fail a job at its deadline that nobody could begin', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      const { job } = await one.producer.submit({ ...reluJob(TASKS), deadlineMs: 1_000 });
      const { state, failure } = await two.producer.watch(job);
      expect(state).toBe('failed');
      expect(failure).toMatchObject({ code: 'deadline_passed' });
      expect(failure?.message).toContain(`0 of ${TASKS} rows of stage 0`);
    });

    it('cancel a job through any of them', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      const { job } = await one.producer.submit(stagedJob());
      await two.producer.jobs.cancelJob({ jobId: job });
      expect((await one.producer.watch(job)).state).toBe('canceled');
      expect(certain(await cluster.database.read('SELECT 1 FROM claims'))).toEqual([]);
    });
  },
);

function stagedJob(): JobSpec {
  const bytes = new Uint8Array(Float32Array.from({ length: 512 * 2 }, (_, at) => at / 2).buffer);
  const source = { kind: 'inline', bytes } as const;
  return {
    ...reluJob(1),
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: { dtype: 'float32', shape: [512, 2], source } }],
      nodes: [
        { operator: 'add', inputs: ['x', 'x'], output: 'twice' },
        { operator: 'reduce-max', inputs: ['twice'], output: 'largest', axis: 0 },
      ],
      outputs: ['twice', 'largest'],
    },
    rowsPerTask: 2,
  };
}

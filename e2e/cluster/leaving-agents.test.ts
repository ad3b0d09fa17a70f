import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { TEST_POSTGRES } from '../../src/orchestrator/database/test-database.contract.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { readOutput } from '../network/outputs.ts';
import { until } from '../network/processes.ts';
import { reluJob } from '../network/relu-job.ts';
import { Cluster, type Member } from './cluster.ts';

const TASKS = 4_096;

describe.skipIf(TEST_POSTGRES === null)(
  'rows of an orchestrator whose agents are gone',
  { timeout: 120_000 },
  () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await Cluster.make();
    });
    afterEach(() => cluster.end());

    const rowsAtWork = async (): Promise<number> => {
      const text = `SELECT coalesce(sum(row_end - row_start), 0)::int AS rows
        FROM claims WHERE stream IS NOT NULL AND NOT done`;
      return certain(await cluster.database.read<{ rows: number }>(text))[0]?.rows ?? 0;
    };
    const expectRelu = async (at: Member, job: JobId): Promise<void> => {
      const bytes = (await readOutput(at, job)).get('B')?.bytes ?? new Uint8Array();
      const wanted = Array.from({ length: TASKS }, (_, row) => Math.max(0, row - TASKS / 2));
      expect([...new Float32Array(bytes.slice().buffer)]).toEqual(wanted);
    };

    it('go to one that has some, though it lives on', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      const ada = await HandDrivenAgent.join(one.url);
      const { job } = await one.producer.submit(reluJob(TASKS));
      const [task, left] = [...(await ada.lease(1)), ...(await ada.lease(1))];
      if (task === undefined || left === undefined) throw new Error('two were leased');
      await ada.do(task);
      expect(await rowsAtWork()).toBeGreaterThan(0);
      await ada.leave();
      cluster.agent(two);
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(one, job);
    });

    it('with one result of two are computed elsewhere, when it dies', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      const [ada] = [await HandDrivenAgent.join(one.url), await HandDrivenAgent.join(one.url)];
      const spec = { ...reluJob(TASKS), checking: { kind: 'twice' } as const };
      const { job } = await two.producer.submit(spec);
      for (const task of await ada.lease(1)) await ada.do(task);
      await one.program.killHard();
      cluster.agent(two);
      cluster.agent(two);
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(two, job);
    });

    it('and of a job that is computed twice wait for an orchestrator with two agents', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      cluster.agent(one);
      await until('its agent', async () => {
        return (await one.producer.network.getNetwork({})).agentCount === 1;
      });
      const spec = { ...reluJob(TASKS), checking: { kind: 'twice' } as const };
      const { job } = await one.producer.submit(spec);
      cluster.agent(two);
      cluster.agent(two);
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(one, job);
    });
  },
);

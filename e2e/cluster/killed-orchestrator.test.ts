import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { TEST_POSTGRES } from '../../src/orchestrator/database/test-database.contract.ts';
import { certain } from '../network/client.ts';
import { readOutput } from '../network/outputs.ts';
import { until } from '../network/processes.ts';
import { reluJob } from '../network/relu-job.ts';
import { Cluster, type Member } from './cluster.ts';

const TASKS = 16_384;

describe.skipIf(TEST_POSTGRES === null)(
  'orchestrators that die under load',
  {
    timeout: 180_000,
  },
  () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await Cluster.make();
    });
    afterEach(() => cluster.end());

    const rowsDone = async (): Promise<number> => {
      const text = 'SELECT coalesce(sum(rows_done), 0)::int AS done FROM stages';
      return certain(await cluster.database.read<{ done: number }>(text))[0]?.done ?? 0;
    };
    const adoptions = async (): Promise<number> => {
      const text = 'SELECT 1 FROM members WHERE adopted_by IS NOT NULL';
      return certain(await cluster.database.read(text)).length;
    };
    const expectRelu = async (at: Member, job: JobId): Promise<void> => {
      const bytes = (await readOutput(at, job)).get('B')?.bytes ?? new Uint8Array();
      const wanted = Array.from({ length: TASKS }, (_, row) => Math.max(0, row - TASKS / 2));
      expect([...new Float32Array(bytes.slice().buffer)]).toEqual(wanted);
      const text = 'SELECT job, row_count AS rows, rows_done AS done FROM stages';
      const stages = certain(await cluster.database.read<{ rows: number; done: number }>(text));
      for (const { rows, done } of stages) expect(done).toBe(rows);
    };
    /** Each row is a task here, and was accepted once. */
    const expectCredit = async (): Promise<void> => {
      const credited = async (): Promise<number> => {
        const text = 'SELECT coalesce(sum(accepted), 0)::int AS sum FROM agents';
        return certain(await cluster.database.read<{ sum: number }>(text))[0]?.sum ?? 0;
      };
      await until('all is told', async () => (await credited()) >= TASKS, 20_000);
      // Whoever would tell something twice has had the time to.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(await credited()).toBe(TASKS);
    };
    const membersWithAgents = async (count: number): Promise<readonly Member[]> => {
      const members: Member[] = [];
      for (let made = 0; made < count; made++) {
        const member = await cluster.member();
        cluster.agent(member);
        await until('its agent', async () => {
          return (await member.producer.network.getNetwork({})).agentCount === 1;
        });
        members.push(member);
      }
      return members;
    };

    it('one of three is killed, which owns the job: the others adopt it in seconds', async () => {
      const [owner, two, three] = await membersWithAgents(3);
      if (owner === undefined || two === undefined || three === undefined) throw new Error('three');
      const { job } = await owner.producer.submit(reluJob(TASKS));
      await until('some rows are done', async () => (await rowsDone()) > TASKS / 16);
      await owner.program.killHard();
      await until('it is adopted', async () => (await adoptions()) === 1, 15_000);
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(two, job);
      await expectRelu(three, job);
      await until('nothing of it is left', async () => {
        const left = await cluster.database.read('SELECT 1 FROM members WHERE closed');
        return certain(left).length === 1;
      });
      await expectCredit();
    });

    it('one is killed, whose agent is the only one: it moves to the other, and goes on', async () => {
      const [one, two] = [await cluster.member(), await cluster.member()];
      const agent = cluster.agent(one, two);
      await until('its agent', async () => {
        return (await one.producer.network.getNetwork({})).agentCount === 1;
      });
      const { job } = await two.producer.submit(reluJob(TASKS));
      await until('some rows are done', async () => (await rowsDone()) > TASKS / 16);
      await one.program.killHard();
      await until('the agent moves', async () => agent.stderr.includes('Moved'), 30_000);
      expect(agent.stderr).toContain(`Moved from ${one.url} to ${two.url}: `);
      expect((await two.producer.watch(job)).state).toBe('done');
      await expectRelu(two, job);
      expect(await agent.interrupt()).toBe(0);
    });

    it('one that froze is fenced: it ends by itself once it wakes, and counts no more', async () => {
      const [frozen, other] = await membersWithAgents(2);
      if (frozen === undefined || other === undefined) throw new Error('two');
      const { job } = await other.producer.submit(reluJob(TASKS));
      await until('some rows are done', async () => (await rowsDone()) > TASKS / 16);
      frozen.program.child.kill('SIGSTOP');
      await until('it is adopted', async () => (await adoptions()) === 1, 15_000);
      frozen.program.child.kill('SIGCONT');
      expect(await frozen.program.ended).toBe(1);
      expect((await other.producer.watch(job)).state).toBe('done');
      await expectRelu(other, job);
      await expectCredit();
    });
  },
);

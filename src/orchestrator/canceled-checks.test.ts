import { expect, it } from 'vitest';
import { USUAL_TERMS } from '../domain/job.ts';
import { jobSpecToWire } from '../wire/index.ts';
import { floats, startForTest, producerOf, volunteerAt } from './volunteer.contract.ts';

const ROWS = 64;
// Too many operators for a check on the main thread.
const NODES = ['a', 'b', 'c', 'd', 'e'].map((output, index, all) => {
  return { operator: 'relu', inputs: [all[index - 1] ?? 'x'], output } as const;
});

it('checks that still wait when their job is canceled are passed over', async () => {
  const orchestrator = await startForTest({ checkerThreads: 1 });
  const { jobs } = producerOf(orchestrator);
  const x = {
    name: 'x',
    tensor: floats(
      [ROWS, 1],
      Array.from({ length: ROWS }, () => 1),
    ),
  };
  const spec = jobSpecToWire({
    ...USUAL_TERMS,
    name: 'canceled',
    workload: { kind: 'operators', inputs: [x], nodes: NODES, outputs: ['e'] },
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
  });
  const submit = async (idempotencyKey: string): Promise<string> => {
    const { job } = await jobs.submitJob({ idempotencyKey, spec });
    return job?.jobId ?? '';
  };
  const first = await submit('first');
  const volunteer = await volunteerAt(orchestrator.url);
  const tasks = await volunteer.lease({ maxTasks: ROWS });
  await volunteer.report(await Promise.all(tasks.map(volunteer.compute)));
  await jobs.cancelJob({ jobId: first });
  const second = await submit('second');
  const accepted = async () => (await jobs.getJob({ jobId: second })).job?.tasksAccepted;
  const allAccepted = async (): Promise<void> => {
    await expect.poll(accepted).toBe(BigInt(ROWS));
  };
  const done = allAccepted();
  await volunteer.workUntil(done);
  await done;
});

// Small jobs that tests of several rooms have done.
import type { CheckingPolicy } from '../domain/checking.ts';
import { USUAL_TERMS } from '../domain/job.ts';
import { jobSpecToWire } from '../wire/index.ts';
import type { RunningOrchestrator } from './orchestrator.ts';
import { floats, producerOf, volunteerAt, type Volunteer } from './volunteer.contract.ts';

/** Squares these numbers, a task each. */
export function squaresSpec(
  values: readonly number[],
  checking: CheckingPolicy = { kind: 'recompute', share: 1 },
) {
  return jobSpecToWire({
    name: 'squares',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: floats([values.length, 1], values) }],
      nodes: [{ operator: 'mul', inputs: ['x', 'x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    checking,
    rowsPerTask: 1,
  });
}

/** A volunteer whose one result is wrong; a check finds that out in a moment. */
export async function lyingVolunteer(orchestrator: RunningOrchestrator): Promise<Volunteer> {
  const spec = jobSpecToWire({
    name: 'relu',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: floats([4, 2], [1, -2, 3, -4, 5, -6, 7, -8]) }],
      nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    rowsPerTask: 1,
  });
  const { jobs } = producerOf(orchestrator);
  await jobs.submitJob({ idempotencyKey: crypto.randomUUID(), spec });
  const volunteer = await volunteerAt(orchestrator.url);
  const [task] = await volunteer.lease({ maxTasks: 1 });
  if (task === undefined) throw new Error('no task');
  const result = { kind: 'output', output: [floats([1, 2], [-1, -1])] } as const;
  await volunteer.report([{ lease: task.lease, result, computeMs: 1, backend: 'wasm' }]);
  return volunteer;
}

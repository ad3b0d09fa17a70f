import { USUAL_TERMS, type JobSpec } from '../../src/domain/job.ts';

/** A job of tiny tasks: relu of one number each, every one recomputed. At most 16,384 tasks. */
export function reluJob(taskCount: number): JobSpec {
  const values = new Float32Array(taskCount).map((_, index) => index - taskCount / 2);
  const bytes = new Uint8Array(values.buffer);
  return {
    name: 'tiny tasks',
    workload: {
      kind: 'operators',
      inputs: [
        {
          name: 'A',
          tensor: { dtype: 'float32', shape: [taskCount, 1], source: { kind: 'inline', bytes } },
        },
      ],
      nodes: [{ operator: 'relu', inputs: ['A'], output: 'B' }],
      outputs: ['B'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
  };
}

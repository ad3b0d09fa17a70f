import { describe, expect, it } from 'vitest';
import { parseContentId } from '../domain/ids.ts';
import { GRAPH_NODES_MAX, TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { TensorRef } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import { agentOf, reluWork, until, valueOf } from './agent-at-work.contract.ts';
import { computePool, type ComputePool } from './compute-pool.ts';
import type { LaneSurvey } from './lane-message.ts';
import { spawnNodeLane } from './native/spawn-lane.ts';
import { ScriptedOrchestrator, type OfferedTask } from './scripted-orchestrator.contract.ts';

// Real agents that are given tasks which are not fair to whom they belong to: each is refused with
// a reason, and the agent works on.

const MIB = 1024 * 1024;
/** What a message can say at most. Milliseconds. */
const LONGEST_TOLD_MS = 2 ** 32 - 1;
/** Lent by an agent of two lanes. */
const LENT_BYTES = 256 * MIB;
// Held by nobody: whoever fetched it would say so instead.
const NOWHERE = valueOf(parseContentId<'blob'>(`bafkrei${'a'.repeat(52)}`));

const float32 = (shape: readonly number[]): TensorRef => ({
  dtype: 'float32',
  shape,
  source: { kind: 'blob', blob: NOWHERE, byteOffset: 0 },
});

function tanhOf(shape: readonly number[], nodeCount = 1): StageWork {
  const nodes = Array.from({ length: nodeCount }, (_, index) => ({
    operator: 'tanh' as const,
    inputs: [index === 0 ? 'x' : `y${index - 1}`],
    output: index === nodeCount - 1 ? 'y' : `y${index}`,
  }));
  return {
    program: { kind: 'graph', nodes },
    inputs: [{ name: 'x', cut: 'rows', tensor: float32(shape) }],
    outputs: [{ name: 'y', dtype: 'float32', rowShape: shape.slice(1) }],
  };
}

const ofModel = (byteLength: number, fixedBatch: number | null): StageWork => ({
  ...tanhOf([8, 1000]),
  program: { kind: 'model', model: { blob: NOWHERE, byteLength }, fixedBatch, inputTypes: {} },
});

/** Columns that go to every task, and so count once with what kernels make of them. */
const withTable = (bytes: number): StageWork => ({
  program: { kind: 'graph', nodes: [{ operator: 'matmul', inputs: ['x', 'w'], output: 'y' }] },
  inputs: [
    { name: 'x', cut: 'rows', tensor: float32([8, 1]) },
    { name: 'w', cut: 'whole', tensor: float32([1, bytes / 4]) },
  ],
  outputs: [{ name: 'y', dtype: 'float32', rowShape: [bytes / 4] }],
});

const ROW = { start: 0, end: 1 };

describe('an agent is given a task', () => {
  const REFUSED: [string, OfferedTask, string][] = [
    ['of giant tensors', { work: tanhOf([8, 2 ** 36]), rows: ROW }, 'limit_exceeded'],
    [
      'with more output than may be',
      { work: tanhOf([2 ** 30, 1]), rows: { start: 0, end: TASK_OUTPUT_BYTES_MAX / 4 + 1 } },
      'limit_exceeded',
    ],
    [
      'of more memory than is lent, by its rows',
      { work: tanhOf([2 ** 30, 1], 200), rows: { start: 0, end: TASK_OUTPUT_BYTES_MAX / 4 } },
      'size_unsupported',
    ],
    [
      'of more memory than is lent, whole',
      { work: withTable(60 * MIB), rows: ROW },
      'size_unsupported',
    ],
    ['of a model above that', { work: ofModel(40 * MIB, null), rows: ROW }, 'size_unsupported'],
    ['of a batch above that', { work: ofModel(1, 65_536), rows: ROW }, 'size_unsupported'],
    [
      'of endless nodes',
      { work: tanhOf([8, 1], GRAPH_NODES_MAX + 1), rows: ROW },
      'limit_exceeded',
    ],
    [
      'that would make more than its tensors say',
      {
        work: {
          ...tanhOf([4, 1_000_000]),
          program: {
            kind: 'graph',
            nodes: [
              { operator: 'transpose', inputs: ['x'], output: 't' },
              { operator: 'matmul', inputs: ['t', 'x'], output: 'y' },
            ],
          },
        },
        rows: ROW,
      },
      'input_invalid',
    ],
    ['whose lease is over', { work: tanhOf([8, 1]), rows: ROW, leaseMs: 0 }, 'input_invalid'],
    [
      'whose lease lasts for weeks',
      { work: tanhOf([8, 1]), rows: ROW, leaseMs: LONGEST_TOLD_MS },
      'input_invalid',
    ],
  ];
  it.each(REFUSED)(
    '%s: it refuses with the reason, fetches nothing, and works on',
    async (...of) => {
      const [, task, code] = of;
      const orchestrator = new ScriptedOrchestrator();
      orchestrator.offerTask(task);
      orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
      const agent = await agentOf(orchestrator, { memoryBytes: LENT_BYTES });
      agent.start();
      const { lastFailure } = await until(agent, ({ counters }) => counters.tasksReported === 2);
      const [refused, ...others] = orchestrator.reportedInOrder();
      expect(refused?.result).toMatchObject({ kind: 'failed', failure: { code } });
      expect(lastFailure?.failure.message).toMatch(/^refused: /);
      expect(others.map(({ result }) => result.kind)).toEqual(['output']);
    },
  );

  it('of an operator that it did not offer: it refuses, and works on', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.offerTask({ work: tanhOf([8, 1]), rows: ROW });
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    const agent = await agentOf(orchestrator, { pool: poolWithoutTanh() });
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 2);
    const [refused, honest] = orchestrator.reportedInOrder();
    expect(refused?.result).toMatchObject({ failure: { code: 'operator_unsupported' } });
    expect(honest?.result.kind).toBe('output');
    expect(orchestrator.claims[0]?.capability.primitives).not.toHaveProperty('tanh');
  });
});

/** Lanes that can compute all there is, on a device that does not offer as much. */
function poolWithoutTanh(): ComputePool {
  const pool = computePool(spawnNodeLane);
  const known = new Map<LaneSurvey, LaneSurvey>();
  const less = (survey: LaneSurvey): LaneSurvey => {
    const { tanh: _tanh, ...primitives } = survey.primitives;
    const made = known.get(survey) ?? { ...survey, primitives };
    known.set(survey, made);
    return made;
  };
  const lessOf = (survey: Outcome<LaneSurvey>): Outcome<LaneSurvey> =>
    survey.ok ? succeed(less(survey.value)) : survey;
  return {
    open: async (opening, signal) => lessOf(await pool.open(opening, signal)),
    tryAgain: async (signal) => lessOf(await pool.tryAgain(signal)),
    survey: () => {
      const survey = pool.survey();
      return survey === null ? null : less(survey);
    },
    run: (task, signal) => pool.run(task, signal),
    close: () => pool.close(),
  };
}

import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../../domain/checking.ts';
import { USUAL_TERMS, type OperatorsSpec } from '../../domain/job.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { DType, Shape } from '../../domain/tensor.ts';
import { neededOutputs } from '../needed-outputs.ts';
import { valueOf } from '../run-job.contract.ts';
import { planJob, type JobPlan } from '../workload.ts';

const ADAPTIVE = { kind: 'adaptive' } as const;

describe('a product that nobody wants', () => {
  it.each<[CheckingPolicy, string[]]>([
    [ADAPTIVE, ['p', 'y']],
    [{ kind: 'recompute', share: 1 }, ['p', 'y']],
    [{ kind: 'recompute', share: 0.99 }, ['y']],
    [{ kind: 'twice' }, ['y']],
  ])('is reported where all rows are checked: %j', (checking, outputs) => {
    const plan = chain({ inner: 64, columns: 8, checking });
    expect(outputsOf(plan, 0)).toEqual(outputs);
    expect([...neededOutputs(plan, 0)]).toEqual(['y']);
  });

  it.each([
    [63, ['y']],
    [64, ['p', 'y']],
  ])('of an inner dimension of %i puts out %j', (inner, outputs) => {
    expect(outputsOf(chain({ inner, columns: 8, checking: ADAPTIVE }), 0)).toEqual(outputs);
  });

  it.each([
    // Two outputs of 4 bytes an element in 64 MiB: a row of 2^23 columns is the longest.
    [2 ** 23, ['p', 'y']],
    [2 ** 23 + 1, ['y']],
  ])('of rows of %i columns puts out %j', (columns, outputs) => {
    expect(outputsOf(chain({ inner: 64, columns, checking: ADAPTIVE }), 0)).toEqual(outputs);
  });

  it('is not reported where the rows that the producer wants would then be too many', () => {
    const rowsPerTask = 2 ** 13;
    const fits = chain({ inner: 64, columns: 1024, checking: ADAPTIVE, rowsPerTask });
    expect(outputsOf(fits, 0)).toEqual(['p', 'y']);
    const tooMany = chain({ inner: 64, columns: 1025, checking: ADAPTIVE, rowsPerTask });
    expect(outputsOf(tooMany, 0)).toEqual(['y']);
  });
});

describe('neededOutputs', () => {
  it('are those of the producer and of later stages, not of earlier ones', () => {
    const nodes: OperatorNode[] = [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'p' },
      { operator: 'relu', inputs: ['p'], output: 'a' },
      { operator: 'tanh', inputs: ['p'], output: 'b' },
      { operator: 'transpose', inputs: ['a'], output: 'y' },
    ];
    const inputs = [tensor('x', [64, 64]), tensor('w', [64, 64])];
    const workload = { kind: 'operators', inputs, nodes, outputs: ['y', 'b'] } as const;
    const plan = valueOf(planJob({ ...USUAL_TERMS, name: 'two', workload }, null));
    expect(plan.stageCount).toBe(2);
    expect(outputsOf(plan, 0)).toEqual(['p', 'a', 'b']);
    expect([...neededOutputs(plan, 0)]).toEqual(['a', 'b']);
    expect([...neededOutputs(plan, 1)]).toEqual(['y']);
  });
});

function chain(of: {
  readonly inner: number;
  readonly columns: number;
  readonly checking: CheckingPolicy;
  readonly rowsPerTask?: number;
}): JobPlan {
  const { inner, columns, checking, rowsPerTask = null } = of;
  const workload: OperatorsSpec = {
    kind: 'operators',
    inputs: [tensor('x', [2 ** 14, inner]), tensor('w', [inner, columns])],
    nodes: [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'p' },
      { operator: 'relu', inputs: ['p'], output: 'y' },
    ],
    outputs: ['y'],
  };
  return valueOf(planJob({ ...USUAL_TERMS, name: 'chain', workload, checking, rowsPerTask }, null));
}

function outputsOf(plan: JobPlan, stage: number): readonly string[] | undefined {
  return plan.stages[stage]?.outputs.map(({ name }) => name);
}

/** No bytes are read to plan. */
function tensor(name: string, shape: Shape) {
  const dtype: DType = 'float32';
  return {
    name,
    tensor: { dtype, shape, source: { kind: 'inline', bytes: new Uint8Array() } },
  } as const;
}

import { describe, expect, it } from 'vitest';
import type { OperatorNode } from '../domain/operator.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { StageOutput, StageWork } from '../domain/work.ts';
import { executeTask } from './execute.ts';
import { float32, MemoryTensors, REFERENCE_KERNELS } from './run-job.contract.ts';

const store = new MemoryTensors();
const rows = { start: 2, end: 4 };
const tile = float32([2, 3], [1, -2, 3, -4, 5, -6]);
const output: StageOutput = { name: 'y', dtype: 'float32', rowShape: [3] };
const relu: OperatorNode = { operator: 'relu', inputs: ['x'], output: 'y' };

describe('executeTask on a stage that does not add up', () => {
  it('computes the control case', async () => {
    expect(await run({})).toEqual({ ok: true, value: [float32([2, 3], [1, 0, 3, 0, 5, 0])] });
  });

  it.each<[string, Parameters<typeof run>[0], string]>([
    ['an input that was not read', { tensors: {} }, 'input_invalid'],
    [
      'an input with too few bytes',
      { tensors: { x: { ...tile, bytes: tile.bytes.subarray(4) } } },
      'input_invalid',
    ],
    ['an input with too few rows', { tensors: { x: float32([1, 3], [1, 2, 3]) } }, 'input_invalid'],
    ['a node with an unknown operand', { nodes: [{ ...relu, inputs: ['q'] }] }, 'input_invalid'],
    ['a node without operands', { nodes: [{ ...relu, inputs: [] }] }, 'shape_mismatch'],
    [
      'a node with operands too many',
      { nodes: [{ ...relu, inputs: ['x', 'x'] }] },
      'shape_mismatch',
    ],
    ['an output that no node makes', { outputs: [{ ...output, name: 'z' }] }, 'input_invalid'],
    ['an output of another shape', { outputs: [{ ...output, rowShape: [4] }] }, 'shape_mismatch'],
    ['an output of another type', { outputs: [{ ...output, dtype: 'int32' }] }, 'shape_mismatch'],
    [
      'an output that no memory holds',
      { outputs: [{ ...output, rowShape: [2 ** 45] }] },
      'out_of_memory',
    ],
    [
      'columns of a tensor without any',
      {
        nodes: [{ operator: 'transpose', inputs: ['v'], output: 'y' }],
        tensors: { x: tile, v: float32([2], [1, 2]) },
      },
      'shape_mismatch',
    ],
    [
      'columns beyond the last',
      {
        nodes: [{ operator: 'transpose', inputs: ['v'], output: 'y' }],
        tensors: { x: tile, v: float32([3, 3], new Float32Array(9)) },
      },
      'input_invalid',
    ],
  ])('fails on %s', async (_, given, code) => {
    expect(await run(given)).toMatchObject({ failure: { code } });
  });

  it('stops before the next operator when it is told to', async () => {
    expect(await run({ aborted: true })).toMatchObject({ failure: { code: 'canceled' } });
  });
});

function run(given: {
  nodes?: OperatorNode[];
  outputs?: StageOutput[];
  tensors?: Record<string, Tensor>;
  aborted?: boolean;
}) {
  const tensors = given.tensors ?? { x: tile };
  const work: StageWork = {
    program: { kind: 'graph', nodes: given.nodes ?? [relu] },
    inputs: [
      { name: 'x', tensor: store.put(float32([10, 3], new Float32Array(30))), cut: 'rows' },
      ...('v' in tensors ? [{ name: 'v', tensor: store.put(tile), cut: 'whole' as const }] : []),
    ],
    outputs: given.outputs ?? [output],
  };
  return executeTask({
    work,
    rows,
    inputs: new Map(Object.entries(tensors)),
    kernelsFor: () => REFERENCE_KERNELS,
    session: null,
    signal: { aborted: given.aborted === true },
  });
}

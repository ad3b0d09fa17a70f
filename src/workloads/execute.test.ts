import { describe, expect, it } from 'vitest';
import type { OperatorNode } from '../domain/operator.ts';
import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { StageOutput, StageWork } from '../domain/work.ts';
import { openWasmKernels, type Kernels } from '../kernels/index.ts';
import { randomFloat32 } from '../kernels/operator-case.ts';
import { executeTask } from './execute.ts';
import { RowBuffers } from './row-buffers.ts';
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

describe('executeTask with buffers that are kept from task to task', () => {
  const stream = randomStream(1, 'kept');
  const [w, v] = [
    randomFloat32(stream, { shape: [5, 70] }),
    randomFloat32(stream, { shape: [70, 3] }),
  ];
  const nodes: OperatorNode[] = [
    { operator: 'matmul', inputs: ['x', 'w'], output: 'wide' },
    { operator: 'tanh', inputs: ['wide'], output: 'soft' },
    { operator: 'matmul', inputs: ['soft', 'v'], output: 'y' },
    { operator: 'relu', inputs: ['y'], output: 'z' },
  ];
  const outputs = ['y', 'z'].map((name) => ({ ...output, name }));
  // More than two passes, the last one not whole.
  const count = 600;

  async function computed(x: Tensor, buffers?: RowBuffers) {
    const opened = await openWasmKernels();
    if (!opened.ok) throw new Error(opened.failure.message);
    const made = new Set<ArrayBufferLike>();
    const kernels: Kernels = {
      ...opened.value,
      run: async (call, into) => {
        const result = await opened.value.run(call, into);
        if (result.ok) made.add(result.value.bytes.buffer);
        return result;
      },
    };
    const result = await executeTask({
      work: {
        program: { kind: 'graph', nodes },
        inputs: [
          { name: 'x', tensor: store.put(x), cut: 'rows' },
          { name: 'w', tensor: store.put(w), cut: 'whole' },
          { name: 'v', tensor: store.put(v), cut: 'whole' },
        ],
        outputs,
      },
      rows: { start: 0, end: count },
      inputs: new Map(Object.entries({ x, w, v })),
      kernelsFor: () => kernels,
      session: null,
      buffers,
    });
    if (!result.ok) throw new Error(result.failure.message);
    return { outputs: result.value, made };
  }

  it('gives what it gives without, and makes memory for its outputs alone', async () => {
    const [x1, x2] = [
      randomFloat32(stream, { shape: [count, 5] }),
      randomFloat32(stream, { shape: [count, 5] }),
    ];
    const [plain1, plain2] = [await computed(x1), await computed(x2)];
    const buffers = new RowBuffers();
    const first = await computed(x1, buffers);
    const second = await computed(x2, buffers);
    expect(second.outputs).toEqual(plain2.outputs);
    // The second task did not write over what the first put out.
    expect(first.outputs).toEqual(plain1.outputs);
    // Two nodes lie between, two put out.
    expect([first.made.size, second.made.size]).toEqual([4, 4]);
    expect([...first.made].filter((buffer) => second.made.has(buffer))).toHaveLength(2);
    for (const { bytes } of second.outputs) expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
  });

  it('lets buffers go that take more than is allowed', async () => {
    const x = randomFloat32(stream, { shape: [count, 5] });
    const buffers = new RowBuffers();
    const kept = 2 * 256 * 70 * 4;
    const first = await computed(x, buffers);
    buffers.keepWithin(kept);
    const second = await computed(x, buffers);
    expect([...first.made].filter((buffer) => second.made.has(buffer))).toHaveLength(2);
    buffers.keepWithin(kept - 1);
    const third = await computed(x, buffers);
    expect([...second.made].filter((buffer) => third.made.has(buffer))).toEqual([]);
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

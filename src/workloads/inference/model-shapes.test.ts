import { beforeAll, describe, expect, it } from 'vitest';
import { parseContentId } from '../../domain/ids.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import type { DType, Tensor } from '../../domain/tensor.ts';
import { openNodeModelRunner, type ModelRunner } from '../../kernels/index.ts';
import { float32, MemoryTensors, runJob, valueOf } from '../run-job.contract.ts';
import { onnxFile, type FileNode, type FileTensor } from '../../kernels/onnx-file.ts';
import { probeModel } from './probe-model.ts';

const FLOAT = 1;
let runner: ModelRunner;

beforeAll(async () => {
  runner = valueOf(await openNodeModelRunner({ threads: 1 }));
});

/** y = x + x, over inputs of any shape. */
const doubled: FileNode[] = [{ operator: 'Add', inputs: ['x', 'x'], output: 'y' }];
const x = (shape: FileTensor['shape'], type = FLOAT): FileTensor => ({ name: 'x', type, shape });
const y = (shape: FileTensor['shape'], type = FLOAT): FileTensor => ({ name: 'y', type, shape });

describe('how a model takes rows', () => {
  it.each<[string, FileTensor['shape'], number | null]>([
    ['a batch fixed at 1', [1, 3], 1],
    ['a batch fixed at 4, which the last rows do not fill', [4, 3], 4],
    ['a batch fixed at 16, more than there are rows', [16, 3], 16],
    ['a symbolic batch', ['n', 3], null],
    ['all symbolic', ['n', 'm'], null],
    ['no dimension for rows', [3], 1],
  ])('%s', async (_, shape, fixedBatch) => {
    const model = onnxFile({ inputs: [x(shape)], nodes: doubled, outputs: [y(shape)] });
    const data = float32(
      [10, 3],
      Array.from({ length: 30 }, (__, index) => index),
    );
    for (const rowsPerTask of [1, 3, 10, null]) {
      const job = await run(model, { inputs: { x: data }, rowsPerTask });
      expect(job.plan.stages[0]?.program).toMatchObject({ fixedBatch });
      expect(job.outputs.get('y')).toEqual(
        float32(
          [10, 3],
          Array.from({ length: 30 }, (__, index) => 2 * index),
        ),
      );
    }
  });

  it('a scalar for each row', async () => {
    const model = onnxFile({ inputs: [x([])], nodes: doubled, outputs: [y([])] });
    const job = await run(model, { inputs: { x: float32([3], [1, 2, 3]) }, rowsPerTask: 2 });
    expect(job.outputs.get('y')).toEqual(float32([3], [2, 4, 6]));
  });

  it('a constant given once, beside two inputs with rows', async () => {
    const model = onnxFile({
      inputs: [
        x(['n', 2]),
        { name: 'z', type: FLOAT, shape: ['n', 2] },
        { name: 'k', type: FLOAT, shape: [] },
      ],
      nodes: [
        { operator: 'Mul', inputs: ['z', 'k'], output: 'scaled' },
        { operator: 'Add', inputs: ['x', 'scaled'], output: 'y' },
      ],
      outputs: [y(['n', 2])],
    });
    const inputs = { x: float32([2, 2], [1, 2, 3, 4]), z: float32([2, 2], [1, 1, 2, 2]) };
    const k: Tensor = { dtype: 'int64', shape: [], bytes: bytesOf(BigInt64Array.of(16000n)) };
    const job = await run(model, { inputs, constants: { k }, rowsPerTask: 1 });
    expect(job.outputs.get('y')).toEqual(float32([2, 2], [16001, 16002, 32003, 32004]));
  });
});

describe('types that are cast', () => {
  it.each<[DType, number, ArrayBufferView<ArrayBuffer>, number[]]>([
    ['uint8', FLOAT, Uint8Array.of(0, 127, 255), [0, 254, 510]],
    ['bool', FLOAT, Uint8Array.of(0, 1, 1), [0, 2, 2]],
    ['int64', FLOAT, BigInt64Array.of(-1n, 0n, 7n), [-2, 0, 14]],
    ['float64', FLOAT, Float64Array.of(-1.5, 0, 7), [-3, 0, 14]],
    ['float32', FLOAT, Float32Array.of(-1.5, 0, 7), [-3, 0, 14]],
  ])('%s data for a float32 model', async (dtype, type, values, expected) => {
    const model = onnxFile({ inputs: [x(['n'], type)], nodes: doubled, outputs: [y(['n'], type)] });
    const data: Tensor = { dtype, shape: [3], bytes: bytesOf(values) };
    const job = await run(model, { inputs: { x: data }, rowsPerTask: 2 });
    expect(job.outputs.get('y')).toEqual(float32([3], expected));
  });

  it('int64 data for an int32 model, as long as the values fit', async () => {
    const model = onnxFile({ inputs: [x(['n'], 6)], nodes: doubled, outputs: [y(['n'], 6)] });
    const data = (value: bigint): Tensor => {
      return { dtype: 'int64', shape: [2], bytes: bytesOf(BigInt64Array.of(5n, value)) };
    };
    const job = await run(model, { inputs: { x: data(-7n) }, rowsPerTask: 1 });
    expect(job.outputs.get('y')).toMatchObject({
      dtype: 'int32',
      bytes: bytesOf(Int32Array.of(10, -14)),
    });
    await expect(run(model, { inputs: { x: data(2n ** 40n) }, rowsPerTask: 1 })).rejects.toThrow(
      'input_invalid: 1099511627776 does not fit into int32',
    );
  });
});

describe('models that cannot be cut by rows are refused, naming the output', () => {
  const total: FileNode = {
    operator: 'ReduceMean',
    inputs: ['x'],
    output: 'mean',
    attributes: { axes: [0], keepdims: 1 },
  };
  const data = { x: float32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) };

  it('an output of one row for all', async () => {
    const mean: FileTensor = { name: 'mean', type: FLOAT, shape: [1, 2] };
    const model = onnxFile({ inputs: [x(['n', 2])], nodes: [total], outputs: [mean] });
    await expect(run(model, { inputs: data, rowsPerTask: 1 })).rejects.toThrow(
      /shape_mismatch: output "mean" has shape \[1,2\] for 2 rows/,
    );
  });

  it('unless the other outputs alone are asked for', async () => {
    const mean: FileTensor = { name: 'mean', type: FLOAT, shape: [1, 2] };
    const nodes = [total, ...doubled];
    const model = onnxFile({ inputs: [x(['n', 2])], nodes, outputs: [mean, y(['n', 2])] });
    const job = await run(model, { inputs: data, rowsPerTask: 3, outputs: ['y'] });
    expect(job.outputs.get('y')).toEqual(float32([4, 2], [2, 4, 6, 8, 10, 12, 14, 16]));
  });

  it('rows that depend on one another', async () => {
    const nodes: FileNode[] = [total, { operator: 'Sub', inputs: ['x', 'mean'], output: 'y' }];
    const model = onnxFile({ inputs: [x(['n', 2])], nodes, outputs: [y(['n', 2])] });
    await expect(run(model, { inputs: data, rowsPerTask: 1 })).rejects.toThrow(
      'input_invalid: row 0 of output "y" changes with the rows beside it',
    );
  });
});

describe('inputs that do not fit are refused before anything runs', () => {
  const model = onnxFile({
    inputs: [x(['n', 3]), { name: 'k', type: 7, shape: [2] }],
    nodes: doubled,
    outputs: [y(['n', 3])],
  });
  const rows = float32(
    [4, 3],
    Array.from({ length: 12 }, (_, index) => index),
  );
  const k: Tensor = { dtype: 'int64', shape: [2], bytes: new Uint8Array(16) };
  it.each<[string, Given, RegExp]>([
    ['a missing input', { inputs: { x: rows } }, /input_invalid.*"k" is missing/],
    [
      'an unknown input',
      { inputs: { x: rows, q: rows }, constants: { k } },
      /input_invalid.*no input "q".*"x", "k"/,
    ],
    [
      'an input given twice',
      { inputs: { x: rows }, constants: { k, x: rows } },
      /input_invalid.*"x" is given twice/,
    ],
    [
      'constants alone',
      { inputs: {}, constants: { k, x: rows } },
      /input_invalid: no input has rows/,
    ],
    [
      'rows of another shape',
      { inputs: { x: float32([4, 2], new Float32Array(8)) }, constants: { k } },
      /shape_mismatch.*\[4,2\].*\[any,3\]/,
    ],
    [
      'another rank',
      { inputs: { x: float32([12, 1, 1, 1], new Float32Array(12)) }, constants: { k } },
      /shape_mismatch/,
    ],
    ['a scalar as rows', { inputs: { x: float32([], [1]) }, constants: { k } }, /shape_mismatch/],
    [
      'a constant of another shape',
      { inputs: { x: rows }, constants: { k: { ...k, shape: [1, 2] } } },
      /shape_mismatch.*"k"/,
    ],
    [
      'a float where an integer belongs',
      { inputs: { x: rows }, constants: { k: float32([2], [1, 2]) } },
      /shape_mismatch.*float32.*int64/,
    ],
    ['no rows', { inputs: { x: float32([0, 3], []) }, constants: { k } }, /input_invalid.*no rows/],
    ['inputs of unlike rows', { inputs: { x: rows, k: { ...k, shape: [2] } } }, /shape_mismatch/],
    [
      'an unknown output',
      { inputs: { x: rows }, constants: { k }, outputs: ['q'] },
      /input_invalid.*no output "q"/,
    ],
    [
      'an output twice',
      { inputs: { x: rows }, constants: { k }, outputs: ['y', 'y'] },
      /input_invalid.*twice/,
    ],
    [
      'no rows a task',
      { inputs: { x: rows }, constants: { k }, rowsPerTask: 0 },
      /input_invalid.*1 or more/,
    ],
  ])('%s', async (_, given, text) => {
    await expect(run(model, { rowsPerTask: 1, ...given })).rejects.toThrow(text);
  });
});

type Given = {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly outputs?: readonly string[];
  readonly rowsPerTask?: number | null;
};

async function run(model: Uint8Array, given: Given) {
  const session = valueOf(await runner.load(model));
  const store = new MemoryTensors();
  const named = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors).map(([name, tensor]) => ({ name, tensor: store.put(tensor) }));
  const workload: InferenceSpec = {
    kind: 'inference',
    model: { blob: valueOf(parseContentId(`bafkrei${'m'.repeat(52)}`)), byteLength: model.length },
    inputs: named(given.inputs),
    constants: named(given.constants ?? {}),
    outputs: given.outputs ?? [],
  };
  let clockMs = 0;
  const nowMs = () => (clockMs += 1);
  const facts = valueOf(await probeModel({ spec: workload, session, read: store.read, nowMs }));
  return runJob({ store, workload, facts, session, rowsPerTask: given.rowsPerTask ?? null });
}

function bytesOf(values: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(values.buffer);
}

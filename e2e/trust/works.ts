import { readFileSync, existsSync } from 'node:fs';
import { certain } from '../network/client.ts';
import { sinkFor } from '../network/uploads.ts';
import { parseNpyHeader, writeBlob } from '../../src/data/index.ts';
import type { WorkloadSpec } from '../../src/domain/job.ts';
import type { OperatorNode } from '../../src/domain/operator.ts';
import { randomStream } from '../../src/domain/random.ts';
import {
  rowBytes,
  tensorBytes,
  type DType,
  type Shape,
  type Tensor,
} from '../../src/domain/tensor.ts';
import type { NamedTensor } from '../../src/domain/work.ts';
import { openNodeModelRunner, runReference } from '../../src/kernels/index.ts';
import { MODEL_TOLERANCE } from '../../src/validation/index.ts';
import type { TestOrchestrator } from '../network/orchestrator.ts';
import { LIES, type WorkShape } from './lies.ts';

/** Work with its right outputs, which one machine computed alone. */
export type Work = {
  readonly name: string;
  readonly shape: WorkShape;
  readonly spec: WorkloadSpec;
  readonly rowsPerTask: number;
  readonly expected: ReadonlyMap<string, Tensor>;
  /** How far a right element may lie from what is expected: |a - b| <= absolute. */
  readonly absolute: number;
};

/** Two for each lie, and two more. */
const TASK_COUNT = 2 * LIES.length + 2;
const ROWS_PER_TASK = 3;
const ROWS = TASK_COUNT * ROWS_PER_TASK;
const INNER = 32;
const COLUMNS = 8;

export const DIGITS_MODEL = new URL('../../../shared/models/mnist.onnx', import.meta.url).pathname;
export const DIGITS = new URL('../../../shared/data/mnist-test-images.npy', import.meta.url)
  .pathname;
/** False where the folder with real models and data is not beside this one. */
export const digitsAreHere = existsSync(DIGITS_MODEL) && existsSync(DIGITS);

/** matmul and add in f32, and the sum of each row. */
export async function floatWork(): Promise<Work> {
  const x = floats('x', [ROWS, INNER]);
  const w = floats('w', [INNER, COLUMNS]);
  const b = floats('b', [COLUMNS]);
  const product = reference('matmul', [x, w]);
  const y = reference('add', [product, b]);
  const sums = reference('reduce-sum', [y], 1);
  return {
    name: 'an f32 graph',
    shape: { floats: true, outputCount: 2 },
    rowsPerTask: ROWS_PER_TASK,
    spec: {
      kind: 'operators',
      inputs: [inline('x', x), inline('w', w), inline('b', b)],
      nodes: [
        { operator: 'matmul', inputs: ['x', 'w'], output: 'product' },
        { operator: 'add', inputs: ['product', 'b'], output: 'y' },
        { operator: 'reduce-sum', inputs: ['y'], output: 'sums', axis: 1 },
      ],
      outputs: ['y', 'sums'],
    },
    expected: new Map([
      ['y', y],
      ['sums', sums],
    ]),
    // Sums of 32 products of numbers within 1, then of 8 of those: far below 300 units of 2^-24.
    absolute: 2e-5,
  };
}

/** A layer of neurons: matmul and relu, in tasks of a few rows. */
export function layerWork(): Work {
  // Too short a product to be reported as a witness: noise within tolerance passes.
  const x = floats('x', [240, 60]);
  const w = floats('w', [60, 48]);
  const product = reference('matmul', [x, w]);
  return {
    name: 'a layer',
    shape: { floats: true, outputCount: 1 },
    rowsPerTask: 6,
    spec: {
      kind: 'operators',
      inputs: [inline('x', x), inline('w', w)],
      nodes: [
        { operator: 'matmul', inputs: ['x', 'w'], output: 'product' },
        { operator: 'relu', inputs: ['product'], output: 'y' },
      ],
      outputs: ['y'],
    },
    expected: new Map([['y', reference('relu', [product])]]),
    // Sums of 60 products of numbers within 1.
    absolute: 4e-5,
  };
}

/** qmatmul: exact. */
export async function integerWork(): Promise<Work> {
  const x = bytes('x', { dtype: 'uint8', shape: [ROWS, INNER], below: 128 });
  const w = bytes('w', { dtype: 'int8', shape: [INNER, COLUMNS], below: 256 });
  return {
    name: 'a qmatmul',
    shape: { floats: false, outputCount: 1 },
    rowsPerTask: ROWS_PER_TASK,
    spec: {
      kind: 'operators',
      inputs: [inline('x', x), inline('w', w)],
      nodes: [{ operator: 'qmatmul', inputs: ['x', 'w'], output: 'y' }],
      outputs: ['y'],
    },
    expected: new Map([['y', reference('qmatmul', [x, w])]]),
    absolute: 0,
  };
}

/**
 * A product that is projected, not computed again, where enough rows of it are checked together;
 * with relu behind it, it is a witness.
 */
export function productWork(
  operator: 'matmul' | 'qmatmul',
  { rowsPerTask, relu = false }: { readonly rowsPerTask: number; readonly relu?: boolean },
): Work {
  const [rows, inner, columns] = [64, 64, 16];
  const isExact = operator === 'qmatmul';
  const x = isExact
    ? bytes('x', { dtype: 'uint8', shape: [rows, inner], below: 128 })
    : floats('x', [rows, inner]);
  const w = isExact
    ? bytes('w', { dtype: 'int8', shape: [inner, columns], below: 256 })
    : floats('w', [inner, columns]);
  const product = reference(operator, [x, w]);
  const nodes: OperatorNode[] = [{ operator, inputs: ['x', 'w'], output: 'product' }];
  if (relu) nodes.push({ operator: 'relu', inputs: ['product'], output: 'y' });
  const output = relu ? 'y' : 'product';
  return {
    name: `a ${operator}`,
    shape: { floats: !isExact, outputCount: 1 },
    rowsPerTask,
    spec: { kind: 'operators', inputs: [inline('x', x), inline('w', w)], nodes, outputs: [output] },
    expected: new Map([[output, relu ? reference('relu', [product]) : product]]),
    absolute: isExact ? 0 : 4e-5,
  };
}

/** The first real handwritten digits through a real model. */
export async function digitsWork(orchestrator: TestOrchestrator): Promise<Work> {
  const model = readFileSync(DIGITS_MODEL);
  const file = readFileSync(DIGITS);
  const { dtype, shape, dataOffset } = certain(parseNpyHeader(file, file.byteLength));
  const rowShape = shape.slice(1);
  const size = rowBytes({ dtype, shape });
  const images = file.subarray(dataOffset, dataOffset + ROWS * size);
  const sink = sinkFor(orchestrator.url, orchestrator.producer.apiKey);
  const ref = certain(await writeBlob(sink, once(model)));
  const data = certain(await writeBlob(sink, once(images)));
  const tensor = { dtype, shape: [ROWS, ...rowShape] };
  const session = certain(await certain(await openNodeModelRunner({ threads: 1 })).load(model));
  const [input, output] = [session.inputs[0]?.name ?? '', session.outputs[0]?.name ?? ''];
  const rows: Uint8Array[] = [];
  for (let row = 0; row < ROWS; row++) {
    const image = Float32Array.from(images.subarray(row * size, (row + 1) * size));
    const one = { dtype: 'float32', shape: [1, ...rowShape], bytes: asBytes(image) } as const;
    const ran = certain(await session.run(new Map([[input, one]])));
    rows.push(ran.get(output)?.bytes ?? new Uint8Array());
  }
  const scores = new Uint8Array(Buffer.concat(rows));
  const expected = { dtype: 'float32', shape: [ROWS, 10], bytes: scores } as const;
  const largest = Math.max(...floatsOf(expected).map(Math.abs));
  return {
    name: 'real digits',
    shape: { floats: true, outputCount: 1 },
    rowsPerTask: ROWS_PER_TASK,
    spec: {
      kind: 'inference',
      model: ref,
      inputs: [
        {
          name: input,
          tensor: { ...tensor, source: { kind: 'blob', blob: data.blob, byteOffset: 0 } },
        },
      ],
      constants: [],
      outputs: [],
    },
    expected: new Map([[output, expected]]),
    absolute: MODEL_TOLERANCE.relative * largest,
  };
}

/** Elements of a tensor, as numbers. */
export function floatsOf({ dtype, bytes: raw }: Tensor): readonly number[] {
  const { buffer } = raw.slice();
  return [...(dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer))];
}

function reference(
  operator: Parameters<typeof runReference>[0]['operator'],
  inputs: readonly Tensor[],
  axis?: number,
): Tensor {
  return certain(runReference({ operator, inputs, ...(axis !== undefined && { axis }) }));
}

function floats(label: string, shape: Shape): Tensor {
  const random = randomStream(7, label);
  const count = tensorBytes({ dtype: 'float32', shape }) / 4;
  const values = Float32Array.from({ length: count }, () => random.nextUnit() * 2 - 1);
  return { dtype: 'float32', shape, bytes: asBytes(values) };
}

function bytes(label: string, of: { dtype: DType; shape: Shape; below: number }): Tensor {
  const random = randomStream(7, label);
  const { dtype, shape, below } = of;
  const values = Uint8Array.from({ length: tensorBytes(of) }, () => random.nextBelow(below));
  return { dtype, shape, bytes: values };
}

function inline(name: string, { dtype, shape, bytes: raw }: Tensor): NamedTensor {
  return { name, tensor: { dtype, shape, source: { kind: 'inline', bytes: raw } } };
}

function asBytes({ buffer }: Float32Array): Uint8Array {
  return new Uint8Array(buffer);
}

async function* once(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  yield whole;
}

/** Each output that is missing or not as one machine alone computes it. */
export function differences(work: Work, outputs: ReadonlyMap<string, Tensor>): readonly string[] {
  const wrong: string[] = [];
  for (const [name, expected] of work.expected) {
    const actual = outputs.get(name);
    if (actual === undefined || actual.shape.join() !== expected.shape.join()) {
      wrong.push(`${name} is missing or has another shape`);
      continue;
    }
    const numbers = floatsOf(actual);
    for (const [index, value] of floatsOf(expected).entries()) {
      const error = Math.abs((numbers[index] ?? NaN) - value);
      if (!(error <= work.absolute)) wrong.push(`${name}[${index}] is ${numbers[index]}`);
    }
  }
  return wrong;
}

import { USUAL_TERMS } from '../../domain/job.ts';
import type { NamedTensor } from '../../domain/work.ts';
import { randomStream } from '../../domain/random.ts';
import type { Shape, Tensor, TensorRef } from '../../domain/tensor.ts';
import { INLINE_TENSOR_BYTES_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { sinkOf, writeBlob, type BlockStore } from '../../data/index.ts';
import type { Submission } from './job-intake.ts';

const SEED = 20_260_101;
/** Rows of both products; with ROWS_PER_TASK, 64 tasks each. */
const ROWS = 2048;
/** So few, and so small a product, that recomputing a task takes some ten milliseconds. */
const ROWS_PER_TASK = 32;
const INNER = 512;
const LAYER_WIDTH = 256;

/**
 * The jobs of a new network: two small graphs that any tab can compute, so that the first visitor
 * sees real work flow. Their numbers are made from a seed, and anybody can recompute them.
 *
 * Errors: those of the block store.
 */
export async function welcomeJobs(blocks: BlockStore): Promise<Outcome<readonly Submission[]>> {
  const inputs: NamedTensor[] = [];
  const tensors = {
    rows: unitTensor('rows', [ROWS, INNER]),
    weights: unitTensor('weights', [INNER, LAYER_WIDTH]),
    bias: unitTensor('bias', [LAYER_WIDTH]),
    'quantised rows': byteTensor('quantised rows', { dtype: 'uint8', shape: [ROWS, INNER] }),
    'quantised weights': byteTensor('quantised weights', { dtype: 'int8', shape: [INNER, INNER] }),
  };
  for (const [name, tensor] of Object.entries(tensors)) {
    const ref = await stored(tensor, blocks);
    if (!ref.ok) return ref;
    inputs.push({ name, tensor: ref.value });
  }
  const terms = { ...USUAL_TERMS, rowsPerTask: ROWS_PER_TASK };
  const layer = {
    name: 'Welcome: a layer of a network',
    workload: {
      kind: 'operators',
      inputs: inputs.slice(0, 3),
      nodes: [
        { operator: 'matmul', inputs: ['rows', 'weights'], output: 'product' },
        { operator: 'add', inputs: ['product', 'bias'], output: 'shifted' },
        { operator: 'relu', inputs: ['shifted'], output: 'activated' },
        { operator: 'reduce-sum', inputs: ['activated'], output: 'sums', axis: 1 },
      ],
      outputs: ['sums'],
    },
    ...terms,
  } as const;
  const product = {
    name: 'Welcome: an exact product of small integers',
    workload: {
      kind: 'operators',
      inputs: inputs.slice(3),
      nodes: [
        {
          operator: 'qmatmul',
          inputs: ['quantised rows', 'quantised weights'],
          output: 'product',
        },
      ],
      outputs: ['product'],
    },
    ...terms,
  } as const;
  return succeed([
    { idempotencyKey: 'welcome: layer', spec: layer },
    { idempotencyKey: 'welcome: product', spec: product },
  ]);
}

/** Floats in [-0.5, 0.5). */
function unitTensor(label: string, shape: Shape): Tensor {
  const random = randomStream(SEED, label);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => random.nextUnit() - 0.5);
  return { dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}

/** Bytes that qmatmul takes: 0..127 on the left, -64..63 on the right. */
function byteTensor(label: string, of: Pick<Tensor, 'dtype' | 'shape'>): Tensor {
  const random = randomStream(SEED, label);
  const count = of.shape.reduce((product, size) => product * size, 1);
  const offset = of.dtype === 'int8' ? 64 : 0;
  const bytes = Uint8Array.from({ length: count }, () => random.nextBelow(128) - offset);
  return { ...of, bytes };
}

async function stored(tensor: Tensor, blocks: BlockStore): Promise<Outcome<TensorRef>> {
  const { dtype, shape, bytes } = tensor;
  if (bytes.byteLength <= INLINE_TENSOR_BYTES_MAX) {
    return succeed({ dtype, shape, source: { kind: 'inline', bytes } });
  }
  const blob = await writeBlob(sinkOf(blocks), once(bytes));
  if (!blob.ok) return blob;
  return succeed({ dtype, shape, source: { kind: 'blob', blob: blob.value.blob, byteOffset: 0 } });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

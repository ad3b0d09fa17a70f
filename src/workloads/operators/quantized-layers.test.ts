import { describe, expect, it } from 'vitest';
import type { OperatorsSpec } from '../../domain/job.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { openWasmKernels, runReference } from '../../kernels/index.ts';
import {
  int32Tensor,
  randomFloat32,
  randomInt8,
  randomUint7,
} from '../../kernels/operator-case.ts';
import { MemoryTensors, runJob, valueOf } from '../run-job.contract.ts';

const ROWS = 7;

describe('a job of quantized layers and top-k', () => {
  it.each([1, 3, null])('in tasks of %s rows equals the whole, in WASM', async (rowsPerTask) => {
    const store = new MemoryTensors();
    const kernels = valueOf(await openWasmKernels());
    const workload = specOf(store);
    const { outputs, plan } = await runJob({ store, workload, rowsPerTask, kernels });
    const whole = new Map(INPUTS);
    for (const { operator, inputs, output } of NODES) {
      const operands = inputs.map((name) => whole.get(name) ?? int32Tensor([]));
      whole.set(output, valueOf(runReference({ operator, inputs: operands })));
    }
    for (const name of OUTPUTS) expect(outputs.get(name)).toEqual(whole.get(name));
    // Layers are exact, and follow each other in one stage; top-k waits until its numbers are agreed on.
    expect(plan.stageCount).toBe(2);
  });
});

const stream = randomStream(1, 'quantized-layers');

function layerInputs(name: string, k: number, n: number): [string, Tensor][] {
  const multipliers = Array.from({ length: n }, () => stream.nextBelow(2_000));
  return [
    [`${name}.weights`, randomInt8(stream, [k, n])],
    [`${name}.bias`, int32Tensor(multipliers.map((one) => 9 * one - 9_000))],
    [`${name}.multipliers`, int32Tensor(multipliers)],
  ];
}

const INPUTS: ReadonlyMap<string, Tensor> = new Map([
  ['x', randomUint7(stream, [ROWS, 48])],
  ...layerInputs('up', 48, 32),
  ...layerInputs('down', 32, 16),
  ['shift', int32Tensor([2])],
  ['relu', { dtype: 'uint8', shape: [256], bytes: relu() }],
  ['a', randomFloat32(stream, { shape: [ROWS, 5] })],
  ['b', randomFloat32(stream, { shape: [5, 40] })],
  ['ranks', int32Tensor([0, 1, 2, 3])],
]);

function relu(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, place) => Math.max(0, place - 128));
}

const NODES: readonly OperatorNode[] = [
  layer('x', 'up', 'hidden'),
  layer('hidden', 'down', 'y'),
  { operator: 'matmul', inputs: ['a', 'b'], output: 'scores' },
  { operator: 'top-k', inputs: ['scores', 'ranks'], output: 'best' },
];
const OUTPUTS = ['y', 'best'] as const;

function layer(from: string, name: string, output: string): OperatorNode {
  const own = ['weights', 'bias', 'multipliers'].map((part) => `${name}.${part}`);
  return { operator: 'qlinear', inputs: [from, ...own, 'shift', 'relu'], output };
}

function specOf(store: MemoryTensors): OperatorsSpec {
  const inputs = [...INPUTS].map(([name, tensor]) => ({ name, tensor: store.put(tensor) }));
  return { kind: 'operators', inputs, nodes: NODES, outputs: OUTPUTS };
}

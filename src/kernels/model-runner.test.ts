import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../domain/outcome.ts';
import type { Tensor } from '../domain/tensor.ts';
import { openNodeModelRunner } from './model-node.ts';
import { openWebModelRunner } from './model-web.ts';
import type { ModelRunner } from './model.ts';

const MODELS = '../shared/models';
const ortWeb = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const wasmPaths = {
  mjs: pathToFileURL(join(ortWeb, 'ort-wasm-simd-threaded.mjs')).href,
  wasm: pathToFileURL(join(ortWeb, 'ort-wasm-simd-threaded.wasm')).href,
};

const RUNNERS: readonly [string, () => Promise<Outcome<ModelRunner>>][] = [
  ['onnxruntime-node', () => openNodeModelRunner({ threads: 1 })],
  ['onnxruntime-web in WASM', () => openWebModelRunner({ backend: 'wasm', wasmPaths })],
];

describe.skipIf(!existsSync(MODELS)).each(RUNNERS)('%s (skipped: no ../shared)', (_, open) => {
  const mnist = new Uint8Array(existsSync(MODELS) ? readFileSync(`${MODELS}/mnist.onnx`) : []);

  it('tells inputs and outputs, and runs', async () => {
    const session = valueOf(await valueOf(await open()).load(mnist));
    expect(session.inputs).toEqual([{ name: 'Input3', dtype: 'float32', shape: [1, 1, 28, 28] }]);
    const outputs = valueOf(await session.run(new Map([['Input3', floats([1, 1, 28, 28])]])));
    expect(outputs.get('Plus214_Output_0')).toMatchObject({ dtype: 'float32', shape: [1, 10] });
    await session.close();
  });

  it('takes bytes that are not aligned', async () => {
    const session = valueOf(await valueOf(await open()).load(mnist));
    const aligned = floats([1, 1, 28, 28]);
    const bytes = new Uint8Array(aligned.bytes.length + 1).subarray(1);
    bytes.set(aligned.bytes);
    const run = async (tensor: Tensor) =>
      valueOf(await session.run(new Map([['Input3', tensor]]))).get('Plus214_Output_0')?.bytes;
    expect(await run({ ...aligned, bytes })).toEqual(await run(aligned));
  });

  it.each([
    ['an operator that it does not know', 'Rexu', /"Rexu" is unknown/],
    ['a loop, which nothing could end', 'Loop', /"Loop", which may never end/],
  ])('names %s', async (_name, operator, message) => {
    const changed = Buffer.from(mnist);
    for (let at = changed.indexOf('Relu'); at >= 0; at = changed.indexOf('Relu', at + 1)) {
      changed.write(operator, at);
    }
    expect(await valueOf(await open()).load(changed)).toMatchObject({
      failure: { code: 'operator_unsupported', message: expect.stringMatching(message) },
    });
  });

  it.each([
    ['a model cut off', mnist.subarray(0, 5000)],
    ['no model', new TextEncoder().encode('not a model')],
  ])('refuses %s', async (_name, bytes) => {
    expect(await valueOf(await open()).load(bytes)).toMatchObject({
      failure: { code: 'input_malformed' },
    });
  });

  it.each([
    ['a missing input', new Map<string, Tensor>()],
    ['another rank', new Map([['Input3', floats([1, 784])]])],
    ['another size', new Map([['Input3', floats([2, 1, 28, 28])]])],
    ['another type', new Map([['Input3', { ...floats([1, 1, 28, 28]), dtype: 'int32' as const }]])],
    ['bytes that do not fill the shape', new Map([['Input3', { ...floats([2]), shape: [3] }]])],
  ])('refuses %s with shape_mismatch', async (_name, inputs) => {
    const session = valueOf(await valueOf(await open()).load(mnist));
    expect(await session.run(inputs)).toMatchObject({ failure: { code: 'shape_mismatch' } });
  });

  it('does not run after it was closed', async () => {
    const session = valueOf(await valueOf(await open()).load(mnist));
    await session.close();
    await session.close();
    const inputs = new Map([['Input3', floats([1, 1, 28, 28])]]);
    expect(await session.run(inputs)).toMatchObject({ failure: { code: 'execution_failed' } });
  });
});

describe('openWebModelRunner', () => {
  it('says that there is no WebGPU adapter where there is none', async () => {
    expect(await openWebModelRunner({ backend: 'webgpu', wasmPaths: null })).toMatchObject({
      failure: { code: 'backend_unsupported' },
    });
  });
});

describe.each(RUNNERS)('element types in %s', (_, open) => {
  it.each([
    ['float32', 1, Float32Array.of(-1.5, 0, 3)],
    ['uint8', 2, Uint8Array.of(0, 7, 255)],
    ['int8', 3, Int8Array.of(-128, 0, 127)],
    ['uint16', 4, Uint16Array.of(0, 7, 65535)],
    ['int16', 5, Int16Array.of(-32768, 0, 32767)],
    ['int32', 6, Int32Array.of(-5, 0, 2 ** 30)],
    ['int64', 7, BigInt64Array.of(-(2n ** 60n), 0n, 2n ** 60n)],
    ['bool', 9, Uint8Array.of(0, 1, 1)],
    ['float64', 11, Float64Array.of(-1.5, 0, 1e300)],
    ['uint32', 12, Uint32Array.of(0, 7, 2 ** 32 - 1)],
    ['uint64', 13, BigUint64Array.of(0n, 7n, 2n ** 63n)],
  ] as const)('carries %s through unchanged', async (dtype, elementType, values) => {
    const session = valueOf(await valueOf(await open()).load(identityModel(elementType)));
    const bytes = new Uint8Array(values.buffer);
    const tensor: Tensor = { dtype, shape: [3], bytes };
    const outputs = valueOf(await session.run(new Map([['x', tensor]])));
    expect(outputs.get('y')).toEqual(tensor);
  });

  it('refuses a model whose input is float16, and says which types it may have', async () => {
    expect(await valueOf(await open()).load(identityModel(10))).toMatchObject({
      failure: { code: 'input_invalid', message: expect.stringContaining('float32') },
    });
  });
});

/** An ONNX file of one Identity, x [n] -> y [n]. */
function identityModel(elementType: number): Uint8Array {
  const value = (name: string): number[] => {
    const shape = nested(1, text(2, 'n'));
    const type = nested(1, [0x08, elementType, ...nested(2, shape)]);
    return [...text(1, name), ...nested(2, type)];
  };
  const node = [...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Identity')];
  const graph = [
    ...nested(1, node),
    ...text(2, 'identity'),
    ...nested(11, value('x')),
    ...nested(12, value('y')),
  ];
  return Uint8Array.from([0x08, 8, ...nested(7, graph), ...nested(8, [0x10, 17])]);
}

function nested(field: number, body: number[]): number[] {
  return [(field << 3) | 2, body.length, ...body];
}

function text(field: number, value: string): number[] {
  return nested(field, [...new TextEncoder().encode(value)]);
}

function floats(shape: number[]): Tensor {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  values.forEach((_, index) => (values[index] = (index * 37) % 256));
  return { dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

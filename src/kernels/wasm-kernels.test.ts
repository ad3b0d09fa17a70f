import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import { compareTensors } from './compare-tensors.ts';
import { runConformance } from './conformance.ts';
import { ELEMENT_WISE } from './element-wise/element-wise.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { float32Tensor, randomFloat32, randomInt8, randomUint7 } from './operator-case.ts';
import { REDUCTIONS } from './reduce/reduce.ts';
import { runReference } from './reference.ts';
import { toleranceOf } from './tolerance.ts';
import { UNARY } from './unary/unary.ts';
import { openWasmBuild, openWasmKernels, type WasmBuild } from './wasm-kernels.ts';

async function opened(build: WasmBuild): Promise<Kernels> {
  const kernels = await openWasmBuild(build);
  if (!kernels.ok) throw new Error(kernels.failure.message);
  return kernels.value;
}

/** 'equal', or what is wrong with a backend's answer. */
async function found(kernels: Kernels, call: OperatorCall): Promise<unknown> {
  const [expected, actual] = [runReference(call), await kernels.run(call)];
  if (!expected.ok || !actual.ok) return { expected, actual };
  const pair = { expected: expected.value, actual: actual.value };
  const compared = compareTensors({ ...pair, tolerance: toleranceOf(call) });
  return compared.kind === 'equal' ? 'equal' : { compared, call };
}

const SIZE = fc.integer({ min: 0, max: 90 });

describe.each(['relaxed', 'plain'] as const)('the %s WASM build', async (build) => {
  const kernels = await opened(build);

  it('passes the published vectors of every operator', async () => {
    const reports = await runConformance(kernels);
    expect(reports.filter((report) => !report.passed)).toEqual([]);
    expect(reports.map((report) => report.primitive)).toEqual(OPERATORS);
  });

  it.each(['matmul', 'qmatmul'] as const)('computes %s of any size', async (operator) => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, SIZE, fc.nat(), async (m, k, n, seed) => {
        const stream = randomStream(seed, operator);
        const inputs =
          operator === 'matmul'
            ? [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })]
            : [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
        expect(await found(kernels, { operator, inputs })).toBe('equal');
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    { m: 3, k: 1030, n: 1035 },
    { m: 130, k: 2050, n: 9 },
  ])('computes products larger than its blocks: $m x $k x $n', async ({ m, k, n }) => {
    const stream = randomStream(5, 'blocks');
    const floats = [
      randomFloat32(stream, { shape: [m, k] }),
      randomFloat32(stream, { shape: [k, n] }),
    ];
    const integers = [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
    expect(await found(kernels, { operator: 'matmul', inputs: floats })).toBe('equal');
    expect(await found(kernels, { operator: 'qmatmul', inputs: integers })).toBe('equal');
  });

  it.each(ELEMENT_WISE)('computes %s of any shape', async (operator) => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, fc.nat(), async (m, n, seed) => {
        const stream = randomStream(seed, operator);
        const left = randomFloat32(stream, { shape: [m, n] });
        const right = [[m, n], [n], [1, n], []].map((shape) => randomFloat32(stream, { shape }));
        for (const one of right) {
          expect(await found(kernels, { operator, inputs: [left, one] })).toBe('equal');
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each(REDUCTIONS)('computes %s over any axis', async (operator) => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (shape, seed) => {
        const input = randomFloat32(randomStream(seed, operator), { shape });
        for (const axis of shape.keys()) {
          expect(await found(kernels, { operator, inputs: [input], axis })).toBe('equal');
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each(UNARY)('computes %s of any f32 whatever', async (operator) => {
    const bits = fc.uint32Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bits, async (words) => {
        const bytes = new Uint8Array(words.slice().buffer);
        const input: Tensor = { dtype: 'float32', shape: [words.length], bytes };
        expect(await found(kernels, { operator, inputs: [input] })).toBe('equal');
      }),
      { numRuns: 60 },
    );
  });

  it.each(UNARY)('computes %s within a third of its tolerance', async (operator) => {
    const input = randomFloat32(randomStream(7, operator), {
      shape: [100_000],
      low: -20,
      high: 20,
    });
    const call = { operator, inputs: [input] };
    const [expected, actual] = [runReference(call), await kernels.run(call)];
    const pair = expected.ok && actual.ok && { expected: expected.value, actual: actual.value };
    const compared = pair && compareTensors({ ...pair, tolerance: toleranceOf(call) });
    const worst = compared && compared.kind === 'equal' ? compared.worst : Infinity;
    expect(worst).toBeLessThan(1 / 3);
  });

  it('transposes any shape', async () => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, async (m, n) => {
        const input = randomFloat32(randomStream(m * 91 + n, 'transpose'), { shape: [m, n] });
        expect(await found(kernels, { operator: 'transpose', inputs: [input] })).toBe('equal');
      }),
      { numRuns: 40 },
    );
  });

  it('refuses more than its memory bound, and works on', async () => {
    // Nothing of this size is allocated here: the inner dimension is short.
    const left = randomFloat32(randomStream(1, 'tall'), { shape: [30_000, 1] });
    const right = randomFloat32(randomStream(2, 'wide'), { shape: [1, 30_000] });
    const outcome = await kernels.run({ operator: 'matmul', inputs: [left, right] });
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'limit_exceeded' } });
    expect(await found(kernels, { operator: 'relu', inputs: [left] })).toBe('equal');
  });

  it('keeps its inputs as they are', async () => {
    const input = float32Tensor([3], [-1, 2, -3]);
    const before = input.bytes.slice();
    await kernels.run({ operator: 'relu', inputs: [input] });
    expect(input.bytes).toEqual(before);
  });
});

describe('openWasmKernels', () => {
  it('opens here, and fails calls after close', async () => {
    const kernels = await openWasmKernels();
    expect(kernels).toMatchObject({ ok: true, value: { backend: 'wasm' } });
    const call = { operator: 'relu' as const, inputs: [float32Tensor([1], [1])] };
    const run = () => (kernels.ok ? kernels.value.run(call) : null);
    expect(await run()).toMatchObject({ ok: true });
    if (kernels.ok) kernels.value.close();
    expect(await run()).toMatchObject({ ok: false, failure: { code: 'execution_failed' } });
  });
});

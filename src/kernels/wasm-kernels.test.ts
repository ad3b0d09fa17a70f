import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { randomStream } from '../domain/random.ts';
import { tensorBytes, type Tensor } from '../domain/tensor.ts';
import { casesOf } from './cases.ts';
import type { DotProduct } from './choose-dot-product.ts';
import { compareTensors } from './compare-tensors.ts';
import { runConformance } from './conformance.ts';
import { ELEMENT_WISE } from './element-wise/element-wise.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  randomInt8,
  randomUint7,
} from './operator-case.ts';
import { REDUCTIONS } from './reduce/reduce.ts';
import { runReference } from './reference.ts';
import { toleranceOf } from './tolerance.ts';
import { UNARY } from './unary/unary.ts';
import {
  openWasmBuild,
  openWasmKernels,
  openWasmKernelsAtOnce,
  type WasmBuild,
} from './wasm-kernels.ts';
import { FEW_ROWS_MAX } from './wasm-product.ts';

async function opened(build: WasmBuild, dotProduct?: DotProduct): Promise<Kernels> {
  const kernels = await openWasmBuild(build, dotProduct);
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

function randomOperands(
  operator: 'matmul' | 'qmatmul',
  { m, k, n, seed }: { m: number; k: number; n: number; seed: number },
): readonly Tensor[] {
  const stream = randomStream(seed, operator);
  return operator === 'matmul'
    ? [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })]
    : [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
}

const SMALL = { m: 2, k: 70, n: 19, seed: 1 };
const LARGE = { m: 70, k: 1300, n: 90, seed: 2 };

const SIZE = fc.integer({ min: 0, max: 90 });

describe.each([
  ['relaxed', 'fused'],
  ['relaxed', 'pairs'],
  ['plain', 'fused'],
] as const)('the %s WASM build, dot products %s', async (build, dotProduct) => {
  const kernels = await opened(build, dotProduct);

  it('passes the published vectors of every operator', async () => {
    const reports = await runConformance(kernels);
    expect(reports.filter((report) => !report.passed)).toEqual([]);
    expect(reports.map((report) => report.primitive)).toEqual(OPERATORS);
  });

  it.each(['matmul', 'qmatmul'] as const)('computes %s of any size', async (operator) => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, SIZE, fc.nat(), async (m, k, n, seed) => {
        const inputs = randomOperands(operator, { m, k, n, seed });
        expect(await found(kernels, { operator, inputs })).toBe('equal');
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    { m: 3, k: 1030, n: 1035 },
    { m: 130, k: 2050, n: 9 },
    { m: 97, k: 300, n: 1033 },
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

  // Both sides of few rows, of the rows read side by side, of a slab, and of a block of 256.
  const FEW = [0, 1, 2, FEW_ROWS_MAX, FEW_ROWS_MAX + 1].flatMap((m) =>
    [0, 1, 7, 8, 9, 255, 256, 257, 1025].flatMap((k) =>
      [1, 3, 4, 7, 8, 15, 16, 17, 1027].map((n) => [m, k, n] as const),
    ),
  );

  it.each(['matmul', 'qmatmul'] as const)('computes %s of few rows', async (operator) => {
    for (const [m, k, n] of FEW) {
      const inputs = randomOperands(operator, { m, k, n, seed: m * k * n });
      expect(await found(kernels, { operator, inputs })).toBe('equal');
    }
  });

  it('starts f32 sums of few rows anew each 256 rows', async () => {
    const k = 40_000;
    const inputs = [constantFloat32([1, k], 0.1), constantFloat32([k, 5], 0.3)];
    expect(await found(kernels, { operator: 'matmul', inputs })).toBe('equal');
  });

  it('computes the same after a larger product as before it', async () => {
    const small = { operator: 'qmatmul' as const, inputs: randomOperands('qmatmul', SMALL) };
    const large = { operator: 'qmatmul' as const, inputs: randomOperands('qmatmul', LARGE) };
    const before = await kernels.run(small);
    await kernels.run(large);
    expect(await kernels.run(small)).toEqual(before);
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

  it.each(OPERATORS)('puts %s into what it is given, whatever that held', async (operator) => {
    for (const { call } of casesOf(operator)) {
      const given: Uint8Array[] = [];
      const into = (byteLength: number) => {
        given.push(new Uint8Array(byteLength + 8).fill(0xee).subarray(4, byteLength + 4));
        return given.at(-1) ?? new Uint8Array();
      };
      const [fresh, put] = [await kernels.run(call), await kernels.run(call, into)];
      expect(put).toEqual(fresh);
      expect(put.ok && put.value.bytes).toBe(given[0]);
      expect(given.map(({ byteLength }) => byteLength)).toEqual([put.ok && tensorBytes(put.value)]);
      const around = new Uint8Array(given[0]?.buffer ?? new ArrayBuffer());
      expect([around.at(3), around.at(-4)]).toEqual([0xee, 0xee]);
    }
  });

  it('tells that memory is not to be had, and works on', async () => {
    const call = { operator: 'qmatmul' as const, inputs: randomOperands('qmatmul', LARGE) };
    const full = (): never => {
      throw new RangeError('Array buffer allocation failed');
    };
    const outOfMemory = { ok: false, failure: { code: 'out_of_memory' } };
    expect(await kernels.run(call, full)).toMatchObject(outOfMemory);
    // An engine that has no more pages.
    const fresh = await opened(build, dotProduct);
    const large = { ...LARGE, m: 4_000 };
    const larger = { operator: 'qmatmul' as const, inputs: randomOperands('qmatmul', large) };
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(full);
    try {
      expect(await fresh.run(larger)).toMatchObject(outOfMemory);
      expect(grow).toHaveBeenCalledOnce();
    } finally {
      grow.mockRestore();
    }
    expect(await found(fresh, call)).toBe('equal');
    expect(await fresh.run(larger)).toMatchObject({ ok: true });
  });

  it('keeps its inputs as they are', async () => {
    const input = float32Tensor([3], [-1, 2, -3]);
    const before = input.bytes.slice();
    await kernels.run({ operator: 'relu', inputs: [input] });
    expect(input.bytes).toEqual(before);
  });
});

describe('the ways to sum products of bytes', () => {
  it('give the same bits, at any size and at the largest products', async () => {
    const both = await Promise.all([
      opened('relaxed', 'fused'),
      opened('relaxed', 'pairs'),
      opened('plain'),
    ]);
    const bytes = fc.record({ low: fc.constantFrom(0, 127), high: fc.constantFrom(-128, 127) });
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, SIZE, fc.nat(), bytes, async (m, k, n, seed, { low, high }) => {
        const [left, right] = randomOperands('qmatmul', { m, k, n, seed });
        if (left === undefined || right === undefined) throw new Error('two operands');
        // Whole words of the largest numbers among random ones.
        left.bytes.fill(low, 0, Math.floor(left.bytes.length / 2));
        right.bytes.fill(high & 0xff, 0, Math.floor(right.bytes.length / 2));
        const call = { operator: 'qmatmul' as const, inputs: [left, right] };
        const [first, ...others] = await Promise.all(both.map((one) => one.run(call)));
        expect(first).toMatchObject({ ok: true });
        expect(others).toEqual([first, first]);
      }),
      { numRuns: 80 },
    );
  });

  it('are chosen when the kernels open, and can be seen', async () => {
    const [later, atOnce] = [await openWasmKernels(), openWasmKernelsAtOnce()];
    const dotProduct: unknown = expect.stringMatching(/^(fused|pairs)$/);
    for (const one of [later, atOnce]) {
      expect(one).toMatchObject({ ok: true, value: { build: 'relaxed', dotProduct } });
    }
    const plain = await openWasmBuild('plain');
    expect(plain).toMatchObject({ ok: true, value: { build: 'plain', dotProduct: 'fused' } });
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

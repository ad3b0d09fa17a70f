import { afterAll, describe, expect, it, vi } from 'vitest';
import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import { compareTensors } from './compare-tensors.ts';
import type { OperatorCall } from './kernels.ts';
import { randomFloat32, randomInt8, randomUint7 } from './operator-case.ts';
import {
  FIRST_CHOICES,
  PRODUCT_VARIANTS,
  SUBGROUP_VARIANTS,
  takingHalves,
  variantsOf,
  type ProductVariant,
} from './product-variant.ts';
import { randomCall } from './random-calls.contract.ts';
import { runReference } from './reference.ts';
import { openSoftwareGpu } from './software-gpu.contract.ts';
import { tensorOver } from './tensor-view.ts';
import { toleranceOf } from './tolerance.ts';
import { WebGpuKernels } from './webgpu-kernels.ts';

const gpu = await openSoftwareGpu();
const adapter = (await gpu?.requestAdapter()) ?? null;
const hasSubgroups = adapter?.features.has('subgroups') === true;
const device =
  (await adapter?.requestDevice({ requiredFeatures: hasSubgroups ? ['subgroups'] : [] })) ?? null;
if (adapter && !hasSubgroups) console.warn('skipped: this adapter has no subgroups');

/** Both sides of each tile and slice, words that are cut, and several blocks of the inner dimension. */
const SIZES = {
  thin: [
    [1, 67, 36],
    [1, 9_000, 5],
    [2, 300, 130],
    [4, 31, 33],
  ],
  small: [
    [5, 3, 7],
    [67, 70, 68],
    [130, 530, 65],
    [17, 260, 530],
  ],
} as const;

// Large products have the variants of small ones, and are cut into tiles as these are.
const FORMS = ['thin', 'small'] as const;
type Form = (typeof FORMS)[number];

const VARIANTS = FORMS.flatMap((form) =>
  PRODUCT_VARIANTS[form].map((variant) => ({ form, variant, name: `${form}: ${variant.name}` })),
);

function isFirst({ form, variant }: { form: Form; variant: ProductVariant }): boolean {
  return variant === PRODUCT_VARIANTS[form][0];
}

const FLOAT_VARIANTS = FORMS.flatMap((form) =>
  variantsOf({ operator: 'matmul', form, hasSubgroups }).map((variant) => ({
    ...{ form, variant, name: `${form}: ${variant.name}` },
  })),
);

const opened = new Map<ProductVariant, WebGpuKernels>();

/** Kernels that make products of a form in one variant, compiled once for all tests. */
function kernelsOf(of: { form: Form; variant: ProductVariant }): WebGpuKernels {
  if (!gpu || !device) throw new Error('there is no GPU');
  const known = opened.get(of.variant);
  if (known) return known;
  const choice = { ...FIRST_CHOICES.matmul, [of.form]: of.variant };
  const isOfBoth = of.variant.shader !== 'subgroups';
  const choices = { matmul: choice, qmatmul: isOfBoth ? choice : FIRST_CHOICES.qmatmul };
  const tuning = { choices, source: 'timed', untimed: 0 } as const;
  const kernels = new WebGpuKernels(device, { gpu, packedDot: true, tuning });
  opened.set(of.variant, kernels);
  return kernels;
}

function watched() {
  if (!device) throw new Error('there is no GPU');
  return vi.spyOn(device.queue, 'writeBuffer');
}

async function bytesOf(kernels: WebGpuKernels, call: OperatorCall): Promise<Uint8Array> {
  const result = await kernels.run(call);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value.bytes;
}

describe.skipIf(!device)('every variant of a product', { timeout: 120_000 }, () => {
  // The device serves all of them, so that none is closed before.
  afterAll(() => device?.destroy());

  it.each(VARIANTS)('gives the bits of the reference in bytes, $name', async (of) => {
    const kernels = kernelsOf(of);
    for (const [m, k, n] of SIZES[of.form]) {
      const stream = randomStream(m, 'variants');
      const inputs = [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
      const call = { operator: 'qmatmul' as const, inputs };
      const expected = runReference(call);
      expect(await bytesOf(kernels, call)).toEqual(expected.ok && expected.value.bytes);
    }
    const [m, , n] = SIZES[of.form][2];
    const linear = randomCall('qlinear', { seed: m, m, n });
    const expected = runReference(linear);
    expect(await bytesOf(kernels, linear)).toEqual(expected.ok && expected.value.bytes);
  });

  it.each(FLOAT_VARIANTS)('keeps within the tolerance in floats, $name', async (of) => {
    const kernels = kernelsOf(of);
    const first = kernelsOf({ form: of.form, variant: PRODUCT_VARIANTS[of.form][0] });
    for (const [m, k, n] of SIZES[of.form]) {
      const stream = randomStream(m, 'variants');
      const inputs = [
        randomFloat32(stream, { shape: [m, k] }),
        randomFloat32(stream, { shape: [k, n] }),
      ];
      const call = { operator: 'matmul' as const, inputs };
      const expected = runReference(call);
      const bytes = await bytesOf(kernels, call);
      if (!expected.ok) throw new Error(expected.failure.message);
      const pair = { expected: expected.value, actual: { ...expected.value, bytes } };
      expect(compareTensors({ ...pair, tolerance: toleranceOf(call) }).kind).toBe('equal');
      // Tiles sum in one order whatever their size; how slices do depends on how many there are.
      const isSame = of.form === 'thin' || bytes.join() === (await bytesOf(first, call)).join();
      expect(isSame).toBe(true);
    }
  });

  it.each(FLOAT_VARIANTS)('gives the same bits of a matrix in halves, $name', async (of) => {
    const floats = kernelsOf(of);
    const halves = kernelsOf({ form: of.form, variant: takingHalves(of.variant) });
    for (const [m, k, n] of SIZES[of.form].slice(-2)) {
      const left = randomFloat32(randomStream(m, 'halves'), { shape: [m, k] });
      const call = { operator: 'matmul', inputs: [left, halfMatrix(k, n)] } as const;
      const expected = await bytesOf(floats, call);
      const sent = watched();
      expect(await bytesOf(halves, call)).toEqual(expected);
      const sizes = sent.mock.calls.map(([, , , , size]) => size);
      expect(sizes).toContain(4 * k * Math.ceil(n / 2));
      expect(sizes).not.toContain(4 * k * n);
      sent.mockRestore();
    }
  });

  it.skipIf(!hasSubgroups).each([2, 6])(
    'gives the same bits where a workgroup has no whole subgroup, or another beside one: %i',
    async (lanes) => {
      const [whole] = SUBGROUP_VARIANTS.small;
      const variant = { ...whole, constants: { LANES: lanes }, columns: lanes * 4 };
      const [tiles] = PRODUCT_VARIANTS.small;
      const stream = randomStream(lanes, 'subgroups');
      const inputs = [
        randomFloat32(stream, { shape: [13, 530] }),
        randomFloat32(stream, { shape: [530, 43] }),
      ];
      const call = { operator: 'matmul', inputs } as const;
      const expected = await bytesOf(kernelsOf({ form: 'small', variant: tiles }), call);
      expect(await bytesOf(kernelsOf({ form: 'small', variant }), call)).toEqual(expected);
    },
  );

  it.each(VARIANTS.filter(isFirst))(
    'takes what halves do not hold as it comes, $name',
    async (of) => {
      const halves = kernelsOf({ form: of.form, variant: takingHalves(of.variant) });
      const [m, k, n] = SIZES[of.form][1];
      const right = halfMatrix(k, n);
      new DataView(right.bytes.buffer, right.bytes.byteOffset).setFloat32(
        4 * (k * n - 1),
        0.1,
        true,
      );
      const left = randomFloat32(randomStream(m, 'halves'), { shape: [m, k] });
      const call = { operator: 'matmul', inputs: [left, right] } as const;
      expect(await bytesOf(halves, call)).toEqual(await bytesOf(kernelsOf(of), call));
    },
  );
});

/** A matrix of all kinds of finite f16: normal and subnormal ones, the largest, zeros of both signs. */
function halfMatrix(k: number, n: number): Tensor {
  const stream = randomStream(k * n, 'halves');
  const edges = [0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 65_504, -65_504];
  const values = Float32Array.from({ length: k * n }, (_, at) => {
    const edge = edges[at % 17];
    if (edge !== undefined) return edge;
    return (stream.nextBelow(2_047) - 1_023) * 2 ** -(4 + stream.nextBelow(20));
  });
  return tensorOver({ dtype: 'float32', shape: [k, n], values });
}

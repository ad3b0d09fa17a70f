import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fastestVariant } from './fastest-variant.ts';
import { keptTuning, parseTuning, type TuningStore } from './kept-tuning.ts';
import {
  FIRST_CHOICES,
  PRODUCT_VARIANTS,
  takingHalves,
  type ProductVariant,
} from './product-variant.ts';
import { openSoftwareGpu } from './software-gpu.contract.ts';
import { tuneProducts } from './tune-products.ts';

const gpu = await openSoftwareGpu();
const [FIRST, SECOND] = PRODUCT_VARIANTS.thin;

async function openDevice(): Promise<GPUDevice> {
  const adapter = await gpu?.requestAdapter();
  if (!adapter) throw new Error('Dawn has no adapter');
  return adapter.requestDevice();
}

/** Of thin products of bytes, with all the time that it takes. */
function fastest(device: GPUDevice, variants: readonly ProductVariant[]) {
  const of = { operator: 'qmatmul', form: 'thin', packedDot: true, what: 'dispatches' } as const;
  return fastestVariant(device, { ...of, variants, isLate: () => false });
}

/** Has the device make other pipelines where a variant is asked for. */
function replacing(
  device: GPUDevice,
  variant: ProductVariant,
  by: (descriptor: GPUComputePipelineDescriptor) => GPUComputePipelineDescriptor,
): void {
  const create = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = (descriptor) => {
    const { constants = {} } = descriptor.compute;
    const isIt = Object.entries(variant.constants).every(
      ([key, value]) => constants[key] === value,
    );
    return create(isIt ? by(descriptor) : descriptor);
  };
}

describe.skipIf(!gpu)('tuning products on a GPU', { timeout: 60_000 }, () => {
  let device: GPUDevice;
  const errors: string[] = [];
  beforeEach(async () => {
    device = await openDevice();
    device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
    return () => device.destroy();
  });

  it('tells one of the variants, and how long it takes', async () => {
    const found = await fastest(device, [FIRST, SECOND]);
    expect([FIRST, SECOND]).toContain(found?.variant);
    expect(found?.ms).toBeGreaterThan(0);
  });

  it('leaves out a variant that the device refuses', async () => {
    const refused = { ...SECOND, constants: { ...SECOND.constants, SLICES: 4096 } };
    expect(await fastest(device, [FIRST, refused])).toBeNull();
    const found = await fastest(device, [FIRST, refused, SECOND]);
    expect([FIRST, SECOND]).toContain(found?.variant);
  });

  it('leaves out a variant that computes something else, however fast it is', async () => {
    const code = `@group(0) @binding(0) var<uniform> a: vec4u;
      @group(0) @binding(1) var<storage, read> b: array<u32>;
      @group(0) @binding(2) var<storage, read> c: array<u32>;
      @group(0) @binding(3) var<storage, read_write> d: array<u32>;
      @compute @workgroup_size(1) fn main() { d[a.x - 1u] = b[0] & c[0] & 0u; }`;
    replacing(device, SECOND, (descriptor) => {
      const module = device.createShaderModule({ code });
      return { ...descriptor, compute: { module, entryPoint: 'main' } };
    });
    expect(await fastest(device, [FIRST, SECOND])).toBeNull();
  });

  it('tells whether halves are worth their packing, and leaves them out where they are wrong', async () => {
    const [floats, halves] = [FIRST, takingHalves(FIRST)];
    const of = { operator: 'matmul', form: 'thin', packedDot: true, what: 'calls' } as const;
    const both = { ...of, variants: [floats, halves], isLate: () => false };
    const found = await fastestVariant(device, both);
    expect([floats, halves]).toContain(found?.variant);
    // With the floats still there, the shader of halves gives other sums.
    const write = device.queue.writeBuffer.bind(device.queue);
    vi.spyOn(device.queue, 'writeBuffer').mockImplementation((...to) => {
      if (to[2].byteLength !== 1024 * 3072 * 2) write(...to);
    });
    expect(await fastestVariant(device, both)).toBeNull();
  });

  it('keeps the first variants where there is no time, and says so', async () => {
    const found = await tuneProducts(device, { packedDot: true, forMs: 0 });
    expect(found).toEqual({ choices: FIRST_CHOICES, source: 'timed', untimed: 6 });
  });

  it('keeps the first variants of a device that is lost meanwhile', async () => {
    const tuning = tuneProducts(device, { packedDot: true, forMs: 60_000 });
    device.destroy();
    expect(await tuning).toMatchObject({ choices: FIRST_CHOICES, source: 'untimed' });
    expect(await tuneProducts(device, { packedDot: true })).toMatchObject({ source: 'untimed' });
  });

  it('is done once for a device and build', async () => {
    const kept = new Map<string, string>();
    const store: TuningStore = {
      read: async (key) => kept.get(key) ?? null,
      write: async (key, text) => void kept.set(key, text),
    };
    const adapter = { vendor: 'v', architecture: 'a', device: 'd', description: 'x' };
    const of = { adapter, packedDot: true, store };
    const found = await keptTuning(device, of);
    expect(found.source).toBe('timed');
    expect(await keptTuning(device, of)).toEqual({ ...found, source: 'kept' });
    const [[key, text] = ['', '']] = kept;
    expect(parseTuning(text, { key, hasSubgroups: false })).toEqual({ ...found, source: 'kept' });
    const other = { ...of, adapter: { ...adapter, device: 'e' } };
    expect((await keptTuning(device, other)).source).toBe('timed');
  });

  it('goes on without a store that fails', async () => {
    const broken = async (): Promise<never> => Promise.reject(new Error('full'));
    const store = { read: broken, write: broken };
    const adapter = { vendor: '', architecture: '', device: '', description: '' };
    const found = await keptTuning(device, { adapter, packedDot: true, store });
    expect(found.source).toBe('timed');
  });

  it('leaves no error for others to hear', () => expect(errors).toEqual([]));
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { randomStream } from '../domain/random.ts';
import { compareTensors } from './compare-tensors.ts';
import { runConformance } from './conformance.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { float32Tensor, randomFloat32, randomInt8, randomUint7 } from './operator-case.ts';
import { DRAWN_OPERATORS, randomCall } from './random-calls.contract.ts';
import { runReference } from './reference.ts';
import { openSoftwareGpu } from './software-gpu.contract.ts';
import { toleranceOf } from './tolerance.ts';
import { openWebGpuKernels, WebGpuKernels } from './webgpu-kernels.ts';

const gpu = await openSoftwareGpu();

/** The GPU; only called where there is one, because the suite is skipped otherwise. */
function presentGpu(): GPU {
  if (!gpu) throw new Error('there is no GPU');
  return gpu;
}

async function openDevice(): Promise<GPUDevice> {
  const adapter = await presentGpu().requestAdapter();
  if (!adapter) throw new Error('Dawn has no adapter');
  return adapter.requestDevice();
}

async function found(kernels: Kernels, call: OperatorCall): Promise<unknown> {
  const [expected, actual] = [runReference(call), await kernels.run(call)];
  if (!expected.ok || !actual.ok) return { expected, actual };
  const pair = { expected: expected.value, actual: actual.value };
  const compared = compareTensors({ ...pair, tolerance: toleranceOf(call) });
  return compared.kind === 'equal' ? 'equal' : compared;
}

const RELU = { operator: 'relu' as const, inputs: [float32Tensor([2], [-1, 1])] };
const SIZE = fc.integer({ min: 0, max: 70 });

describe.skipIf(!gpu)('WebGPU kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    const outcome = await openWebGpuKernels(presentGpu());
    if (!outcome.ok) throw new Error(outcome.failure.message);
    kernels = outcome.value;
  });
  afterAll(() => kernels.close());

  it('pass the published vectors of every operator', async () => {
    const reports = await runConformance(kernels);
    expect(reports.filter((report) => !report.passed)).toEqual([]);
    expect(reports.map((report) => report.primitive)).toEqual(OPERATORS);
  });

  it.each(['matmul', 'qmatmul'] as const)('compute %s of any size', async (operator) => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, SIZE, fc.nat(), async (m, k, n, seed) => {
        const stream = randomStream(seed, operator);
        const inputs =
          operator === 'matmul'
            ? [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })]
            : [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
        expect(await found(kernels, { operator, inputs })).toBe('equal');
      }),
      { numRuns: 25 },
    );
  });

  it.each(DRAWN_OPERATORS)('compute %s of any size', async (operator) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        async (m, n, seed) => {
          expect(await found(kernels, randomCall(operator, { seed, m, n }))).toBe('equal');
        },
      ),
      { numRuns: 15 },
    );
  });

  it('give the same bits of qmatmul without packed dot products', async () => {
    const device = await openDevice();
    const plain = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    const reports = await runConformance(plain);
    expect(reports.find(({ primitive }) => primitive === 'qmatmul')).toMatchObject({
      passed: true,
    });
    plain.close();
  });

  it('cut a large product into submissions that meet', { timeout: 60_000 }, async () => {
    const stream = randomStream(4, 'submissions');
    const [m, k, n] = [200, 40_000, 70];
    const inputs = [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
    expect(await found(kernels, { operator: 'qmatmul', inputs })).toBe('equal');
  });

  it('put the result into what they are given', async () => {
    const expected = await kernels.run(RELU);
    const given = new Uint8Array(16).fill(0xee).subarray(4, 12);
    const put = await kernels.run(RELU, () => given);
    expect(put).toEqual(expected);
    expect(put.ok && put.value.bytes).toBe(given);
  });

  it('make no buffer for a call like the last one', async () => {
    const device = await openDevice();
    const pooled = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    const createBuffer = device.createBuffer.bind(device);
    let made = 0;
    device.createBuffer = (descriptor) => {
      made++;
      return createBuffer(descriptor);
    };
    expect(await found(pooled, RELU)).toBe('equal');
    expect(made).toBeGreaterThan(0);
    made = 0;
    for (let times = 0; times < 3; times++) expect(await found(pooled, RELU)).toBe('equal');
    expect(made).toBe(0);
    pooled.close();
  });

  it('run calls that are made at the same time', async () => {
    const stream = randomStream(6, 'together');
    const calls = Array.from({ length: 20 }, (_, index) => ({
      operator: 'tanh' as const,
      inputs: [randomFloat32(stream, { shape: [index * 7, 3], low: -3, high: 3 })],
    }));
    const results = await Promise.all(calls.map((call) => found(kernels, call)));
    expect(results).toEqual(calls.map(() => 'equal'));
  });

  it('refuse a tensor above the limits of the device', async () => {
    const device = await openDevice();
    const small = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    const limit = device.limits.maxStorageBufferBindingSize;
    const input = { dtype: 'float32' as const, shape: [limit / 4 + 1] };
    const tensor = { ...input, bytes: new Uint8Array(limit + 4) };
    const outcome = await small.run({ operator: 'relu', inputs: [tensor] });
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'limit_exceeded' } });
    small.close();
  });

  it('turn what the device finds invalid into a failure, and work on', async () => {
    const device = await openDevice();
    const breaking = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    const createBuffer = device.createBuffer.bind(device);
    // Without any usage a buffer is invalid: the same path as every validation error.
    device.createBuffer = (descriptor) => createBuffer({ ...descriptor, usage: 0 });
    const outcome = await breaking.run(RELU);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'execution_failed' } });
    device.createBuffer = createBuffer;
    expect(await found(breaking, RELU)).toBe('equal');
    breaking.close();
  });

  it('tell that the GPU has no memory left, and work on', async () => {
    const adapter = await presentGpu().requestAdapter();
    const size = adapter?.limits.maxBufferSize ?? 0;
    const device = await adapter?.requestDevice({ requiredLimits: { maxBufferSize: size } });
    if (!device) throw new Error('Dawn has no adapter');
    const full = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    const createBuffer = device.createBuffer.bind(device);
    // The software GPU does not have so much for one buffer, though it lets one ask.
    device.createBuffer = (descriptor) => createBuffer({ ...descriptor, size });
    const outcome = await full.run(RELU);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'out_of_memory' } });
    device.createBuffer = createBuffer;
    expect(await found(full, RELU)).toBe('equal');
    full.close();
  });

  it('settle `lost` and fail every call once the device is lost, in mid-call too', async () => {
    const device = await openDevice();
    const doomed = new WebGpuKernels(device, { gpu: presentGpu(), packedDot: false });
    expect(await found(doomed, RELU)).toBe('equal');
    const running = doomed.run(RELU);
    device.destroy();
    expect(await doomed.lost).toContain('destroyed');
    expect(await running).toMatchObject({ ok: false, failure: { code: 'device_lost' } });
    expect(await doomed.run(RELU)).toMatchObject({ ok: false, failure: { code: 'device_lost' } });
  });

  it('do not open where there is no adapter', async () => {
    // All that is asked of it before it fails.
    const none = { requestAdapter: async () => null } as unknown as GPU;
    const outcome = await openWebGpuKernels(none);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'backend_unsupported' } });
  });
});

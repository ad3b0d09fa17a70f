import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../domain/outcome.ts';
import { randomStream } from '../../../domain/random.ts';
import { openSoftwareGpu } from '../../software-gpu.contract.ts';
import type { GptSession } from './gpt-session.ts';
import type { GptConfig } from './gpt.ts';
import { randomExactGpt, randomTokens, type Wildness } from './random-gpt.contract.ts';
import { openReferenceGpt } from './reference-session.ts';
import { openWasmGpt } from './wasm-session.ts';
import { openWebGpuGpt } from './webgpu-session.ts';

const found = await openSoftwareGpu();

/** The GPU; only called where there is one, because the suite is skipped otherwise. */
function gpu(): GPU {
  if (!found) throw new Error('there is no GPU');
  return found;
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function logitsOf(session: GptSession, calls: readonly number[][]): Promise<number[]> {
  const logits: number[] = [];
  for (const tokens of calls) logits.push(...valueOf(await session.forward(tokens)));
  return logits;
}

/** Random calls to a random model. */
function caseOf(of: {
  config: GptConfig;
  wildness: Wildness;
  lengths: readonly number[];
  seed: number;
}) {
  const stream = randomStream(of.seed, 'gpu');
  const gpt = randomExactGpt(stream, of);
  return { gpt, calls: of.lengths.map((length) => randomTokens(stream, length, of.config)) };
}

const MODEL = fc
  .record({
    seed: fc.nat(),
    wildness: fc.constantFrom<Wildness[]>('tame', 'wild'),
    packedDot: fc.boolean(),
    size: fc.constantFrom(16, 32, 48, 256),
    heads: fc.integer({ min: 1, max: 3 }),
    hidden: fc.integer({ min: 1, max: 5 }),
    layers: fc.integer({ min: 1, max: 2 }),
    vocabulary: fc.integer({ min: 1, max: 40 }),
    lengths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ size, heads, hidden, layers, vocabulary, ...rest }) => {
    const context = rest.lengths.reduce((sum, length) => sum + length, 0);
    const sizes = { width: size * heads, heads, hidden: 16 * hidden };
    return { ...rest, config: { vocabulary, context, layers, ...sizes } };
  });

// As the WebGPU specification has them: Node has the interface but not the globals.
const USAGE = { mapRead: 1, storage: 0x80 } as const;

/** The GPU, with devices that ask for other buffers than they are asked for. */
function withBuffers(
  change: (descriptor: GPUBufferDescriptor, device: GPUDevice) => GPUBufferDescriptor,
): GPU {
  const requestAdapter: GPU['requestAdapter'] = async (options) => {
    const adapter = await gpu().requestAdapter(options);
    const requestDevice = adapter?.requestDevice.bind(adapter);
    if (!adapter || !requestDevice) return null;
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      const createBuffer = device.createBuffer.bind(device);
      device.createBuffer = (of) => createBuffer(change(of, device));
      return device;
    };
    return adapter;
  };
  // All that is asked of it.
  return { requestAdapter, wgslLanguageFeatures: gpu().wgslLanguageFeatures } as unknown as GPU;
}

const SMALL = { vocabulary: 20, context: 8, width: 32, heads: 2, hidden: 48, layers: 2 };
const { gpt: small } = caseOf({ config: SMALL, wildness: 'tame', lengths: [], seed: 1 });

describe.skipIf(!found)('an exact GPT on WebGPU', { timeout: 120_000 }, () => {
  it('has the logits of the reference, of any weights and shapes', async () => {
    await fc.assert(
      fc.asyncProperty(MODEL, async ({ packedDot, ...of }) => {
        const { gpt, calls } = caseOf(of);
        const expected = await logitsOf(valueOf(openReferenceGpt(gpt)), calls);
        const session = valueOf(await openWebGpuGpt(gpt, { gpu: gpu(), packedDot }));
        expect(await logitsOf(session, calls)).toEqual(expected);
        session.close();
      }),
      { numRuns: 15 },
    );
  });

  it('has the logits of WASM, of a model of real size', async () => {
    const sizes = { width: 768, heads: 12, hidden: 3_072, layers: 12 };
    const config = { vocabulary: 1_001, context: 24, ...sizes };
    const { gpt, calls } = caseOf({ config, wildness: 'tame', lengths: [20, 1], seed: 2 });
    const expected = await logitsOf(valueOf(openWasmGpt(gpt)), calls);
    const session = valueOf(await openWebGpuGpt(gpt, { gpu: gpu() }));
    expect(await logitsOf(session, calls)).toEqual(expected);
    session.close();
  });

  it('takes calls at the same time in turn, and forgets them at a restart', async () => {
    const expected = await logitsOf(valueOf(openReferenceGpt(small)), [[1, 2], [3], [4, 5]]);
    const session = valueOf(await openWebGpuGpt(small, { gpu: gpu() }));
    for (let run = 0; run < 2; run++) {
      const calls = [[1, 2], [3], [4, 5]].map((tokens) => session.forward(tokens));
      const logits = (await Promise.all(calls)).flatMap((outcome) => [...valueOf(outcome)]);
      expect(logits).toEqual(expected);
      session.restart();
    }
    session.close();
  });

  it('refuses what it cannot compute, and says so when the device is gone', async () => {
    const session = valueOf(await openWebGpuGpt(small, { gpu: gpu() }));
    const invalid = { ok: false, failure: { code: 'input_invalid' } };
    expect(await session.forward([20])).toMatchObject(invalid);
    const above = { ok: false, failure: { code: 'limit_exceeded' } };
    expect(await session.forward([1, 1, 1, 1, 1, 1, 1, 1, 1])).toMatchObject(above);
    expect(await session.forward([1])).toMatchObject({ ok: true });
    const running = session.forward([1]);
    session.close();
    const lost = { ok: false, failure: { code: 'device_lost' } };
    expect(await running).toMatchObject(lost);
    expect(await session.forward([1])).toMatchObject(lost);
    expect(session.length).toBe(1);
  });

  it.each([
    ['weights', USAGE.storage],
    ['logits on their way back', USAGE.mapRead],
  ])('does not open where the GPU has no memory for %s', async (_, usage) => {
    // The software GPU does not have so much for one buffer, though it lets one ask.
    const full = withBuffers((descriptor, device) =>
      (descriptor.usage & usage) === 0
        ? descriptor
        : { ...descriptor, size: device.limits.maxBufferSize },
    );
    const outOfMemory = { ok: false, failure: { code: 'out_of_memory' } };
    expect(await openWebGpuGpt(small, { gpu: full })).toMatchObject(outOfMemory);
  });

  it('does not open where there is no adapter, nor of a wrong model', async () => {
    // All that is asked of it before it fails.
    const none = {
      requestAdapter: async () => null,
      wgslLanguageFeatures: new Set(),
    } as unknown as GPU;
    const unsupported = { ok: false, failure: { code: 'backend_unsupported' } };
    expect(await openWebGpuGpt(small, { gpu: none })).toMatchObject(unsupported);
    const wrong = { ...small, layers: small.layers.slice(1) };
    const mismatch = { ok: false, failure: { code: 'shape_mismatch' } };
    expect(await openWebGpuGpt(wrong, { gpu: gpu() })).toMatchObject(mismatch);
  });
});

import { describe, expect, it } from 'vitest';
import { CEILING_BYTES_MAX } from '../../domain/limits.ts';
import { openSoftwareGpu } from '../software-gpu.contract.ts';
import { measureGpuCeilings } from '../workshop/measure-gpu-ceilings.ts';
import { openGpuCeiling, type GpuCeiling } from './gpu-ceiling.ts';

const gpu = await openSoftwareGpu();
/** A software GPU takes seconds to compile. */
const LIMIT_MS = 60_000;

async function opened(): Promise<GpuCeiling> {
  if (gpu === null) throw new Error('skipped without a GPU');
  const ceiling = await openGpuCeiling(gpu);
  if (!ceiling.ok) throw new Error(ceiling.failure.message);
  return ceiling.value;
}

describe.skipIf(gpu === null)('the loops of a GPU’s ceiling', { timeout: LIMIT_MS }, () => {
  it('count operations by their turns, of bytes four times as many as of floats', async () => {
    const ceiling = await opened();
    const ofOne = await ceiling.multiplyFloats(1);
    expect(ofOne).toBeGreaterThan(0);
    expect(await ceiling.multiplyFloats(3)).toBe(3 * ofOne);
    expect(await ceiling.multiplyBytes(3)).toBe(12 * ofOne);
    ceiling.close();
  });

  it('read and copy the same memory, at most what a ceiling may take', async () => {
    const ceiling = await opened();
    const bytes = await ceiling.readMemory(1);
    expect(bytes).toBeGreaterThan(CEILING_BYTES_MAX / 4);
    expect(bytes).toBeLessThanOrEqual(CEILING_BYTES_MAX);
    expect(await ceiling.copyMemory(2)).toBe(2 * bytes);
    ceiling.close();
  });

  it('reject once the device is gone', async () => {
    const ceiling = await opened();
    ceiling.close();
    const onAndOn = async (): Promise<never> => {
      for (;;) await ceiling.multiplyFloats(1);
    };
    await expect(onAndOn()).rejects.toThrow(/the GPU was lost/);
  });
});

describe('measureGpuCeilings', () => {
  it.skipIf(gpu === null)('tells rates of a GPU that is there', { timeout: LIMIT_MS }, async () => {
    const outcome = await measureGpuCeilings(
      async () => gpu,
      () => performance.now(),
    );
    if (!outcome.ok) throw new Error(outcome.failure.message);
    const rates = Object.values(outcome.value);
    expect(rates).toHaveLength(4);
    for (const rate of rates) expect(rate).toBeGreaterThan(1e6);
  });

  it('says what to do where there is none', async () => {
    const outcome = await measureGpuCeilings(
      async () => null,
      () => 0,
    );
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'backend_unsupported' } });
  });
});

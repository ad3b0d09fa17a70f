import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { openGpuCeiling } from '../gpu-ceiling/gpu-ceiling.ts';
import { bestRate } from './best-rate.ts';
import { gpuHere } from './gpu-here.ts';
import type { Ceilings } from './measure-ceilings.ts';

/** Few: what a fast GPU does in no time takes a software one a while. */
const FIRST_TURNS = 8;

/**
 * Measures what the GPU can do at most, on a device of its own, with nothing moved to it and back.
 *
 * Errors: those of `gpuHere` and `openGpuCeiling`; execution_failed (the GPU was lost, or ran out of
 * memory).
 */
export async function measureGpuCeilings(
  gpu: () => Promise<GPU | null>,
  nowMs: () => number,
): Promise<Outcome<Ceilings>> {
  const here = await gpuHere(gpu);
  if (!here.ok) return here;
  const opened = await openGpuCeiling(here.value);
  if (!opened.ok) return opened;
  const ceiling = opened.value;
  try {
    const products = { firstTurns: FIRST_TURNS, nowMs };
    const rounds = { firstTurns: 1, nowMs };
    return succeed({
      floatsPerSecond: await bestRate(ceiling.multiplyFloats, products),
      bytesPerSecond: await bestRate(ceiling.multiplyBytes, products),
      memoryPerSecond: await bestRate(ceiling.readMemory, rounds),
      copyPerSecond: await bestRate(ceiling.copyMemory, rounds),
    });
  } catch (cause) {
    const remedy = 'close what else uses the GPU, and try again';
    return fail(
      failure('execution_failed', `the GPU did not compute: ${String(cause)}: ${remedy}`),
    );
  } finally {
    ceiling.close();
  }
}

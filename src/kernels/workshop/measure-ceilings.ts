import { CEILING_BYTES_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { openCeiling } from '../ceiling.ts';
import { bestRate } from './best-rate.ts';

/** What a core can do at most in the instructions that WASM kernels have, or a GPU. */
export type Ceilings = {
  /** Sums and products of f32 in registers, a second. */
  readonly floatsPerSecond: number;
  /** Of bytes. */
  readonly bytesPerSecond: number;
  /** Bytes read from memory that is too large for any cache, a second. */
  readonly memoryPerSecond: number;
  /** Bytes of such memory a second, half of them read and half written. */
  readonly copyPerSecond: number;
};

/** Measures them. Errors: those of `openCeiling`. */
export async function measureCeilings(nowMs: () => number): Promise<Outcome<Ceilings>> {
  const opened = openCeiling();
  if (!opened.ok) return opened;
  const ceiling = opened.value;
  const best = (loop: (turns: number) => number) => bestRate(loop, { firstTurns: 1_000, nowMs });
  const ofBytes: number[] = [];
  for (const loop of ceiling.multiplyBytes) ofBytes.push(await best(loop));
  return succeed({
    floatsPerSecond: await best(ceiling.multiplyFloats),
    bytesPerSecond: Math.max(...ofBytes),
    memoryPerSecond: await best(roundsOf(ceiling.readMemory)),
    copyPerSecond: await best(roundsOf(ceiling.copyMemory)),
  });
}

/** A loop over all of the memory, a thousand of whose turns are one. Returns the bytes. */
function roundsOf(visit: (bytes: number) => void): (turns: number) => number {
  return (turns) => {
    const rounds = Math.ceil(turns / 1_000);
    for (let round = 0; round < rounds; round++) visit(CEILING_BYTES_MAX);
    return rounds * CEILING_BYTES_MAX;
  };
}

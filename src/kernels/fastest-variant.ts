import {
  openProductTrial,
  type PreparedVariant,
  type ProductTrial,
  type TrialOf,
} from './product-trial.ts';
import type { ProductVariant } from './product-variant.ts';

/** A variant, and the least time that it took. */
export type TimedVariant = {
  readonly variant: ProductVariant;
  readonly ms: number;
};

/** Rounds of all variants of one form. */
const ROUNDS = 5;
/** Least that one time is taken of, so that clocks of browsers and waiting count for little. */
const SAMPLE_MS = 4;
/** Most runs of one submission. */
const TIMES_MAX = 64;

/**
 * The fastest of some variants of a product on a GPU: the fastest so far as soon as it is late.
 *
 * One that does not compile is left out, and so is one whose result differs from the first one's in a
 * bit. Null: fewer than two could be compared, or the GPU was lost.
 */
export async function fastestVariant(
  device: GPUDevice,
  of: TrialOf & {
    readonly variants: readonly ProductVariant[];
    readonly isLate: () => boolean;
  },
): Promise<TimedVariant | null> {
  const trial = await openProductTrial(device, of).catch(() => null);
  if (trial === null) return null;
  try {
    const contenders = await rightOnes(trial, of);
    const runMs = Math.min(...contenders.map(({ ms }) => ms));
    const times = Math.max(1, Math.min(TIMES_MAX, Math.ceil(SAMPLE_MS / runMs)));
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of contenders) {
        if (of.isLate()) break;
        const beganAtMs = performance.now();
        await one.prepared.run(times);
        one.ms = Math.min(one.ms, (performance.now() - beganAtMs) / times);
      }
    }
    const [fastest = null] = contenders.toSorted((a, b) => a.ms - b.ms);
    return contenders.length < 2 ? null : fastest;
  } catch {
    // What the GPU finds invalid, or its end: `lost` tells which.
    return null;
  } finally {
    trial.close();
  }
}

type Contender = { readonly variant: ProductVariant; prepared: PreparedVariant; ms: number };

/** Compiles variants, and has each run once: those whose result has the bits of the first one's. */
async function rightOnes(
  trial: ProductTrial,
  { variants, isLate }: { variants: readonly ProductVariant[]; isLate: () => boolean },
): Promise<Contender[]> {
  const compiling = variants.map((variant) => trial.prepare(variant).catch(() => null));
  const right: Contender[] = [];
  let expected: Uint32Array | null = null;
  for (const [index, variant] of variants.entries()) {
    const prepared = (await compiling[index]) ?? null;
    if (prepared === null) continue;
    const beganAtMs = performance.now();
    await prepared.run(1);
    const ms = performance.now() - beganAtMs;
    const bits = await prepared.bits();
    // Where the first one does not compile there is nothing to compare with.
    if (index > 0 && expected === null) return [];
    expected ??= bits;
    if (bits.every((word, at) => word === expected?.[at])) right.push({ variant, prepared, ms });
    if (isLate()) break;
  }
  return right;
}

import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Check } from '../check.ts';
import { PRIME, type Projector } from '../projector.ts';
import { QUANTIZED_LEFT_MAX, QUANTIZED_PRODUCT_MAX } from './finite-and-range.ts';

export const FREIVALDS_EXACT: Check = {
  name: 'freivalds-exact',
  soundness:
    'A wrong product passes one round with a chance of at most 1/p, p = 2^31 - 1, whatever is ' +
    'wrong with it; rounds are independent. Assumes that factors were drawn after the result ' +
    'was committed.',
  cost: '3 n^2 multiplications for n^3: about 4 % at 1024^3; shared by tasks of one batch.',
  tolerance: 'None: integers agree or do not.',
};

/** The chance that a wrong integer product may pass. */
export const EXACT_ESCAPE_MAX = 2 ** -30;

/** Rounds whose chances multiply to that. */
export const EXACT_ROUNDS = Math.ceil(Math.log(EXACT_ESCAPE_MAX) / Math.log(1 / PRIME));

/**
 * Longest inner dimension of which a difference cannot be a multiple of p.
 *
 * Claimed and true element lie in +-inner * 127 * 128, so they differ by at most twice that. Beyond,
 * products are recomputed.
 */
export const EXACT_INNER_MAX = Math.floor((PRIME - 1) / (2 * QUANTIZED_PRODUCT_MAX));

/** Factors r of each round, and B r. */
export type ExactProbe = {
  readonly inner: number;
  readonly rounds: readonly { readonly factors: Int32Array; readonly lifted: Int32Array }[];
};

/** Draws factors for the products with a right matrix, int8 [k, n]. */
export function exactProbe(
  right: Tensor,
  by: { readonly random: RandomStream; readonly projector: Projector },
): ExactProbe {
  const [inner = 0, columns = 0] = right.shape;
  const rounds = Array.from({ length: EXACT_ROUNDS }, () => {
    const factors = new Int32Array(columns);
    for (let column = 0; column < columns; column++) {
      factors[column] = balanced(by.random.nextBelow(PRIME));
    }
    const { residues } = by.projector.exact(right, { factors, magnitudeMax: 128 });
    return { factors, lifted: Int32Array.from(residues, balanced) };
  });
  return { inner, rounds };
}

/**
 * The rows of a claimed product, int32 [m, n], that are wrong: C r is not A (B r), or an element is
 * none that the operator can give. Every row that is told is wrong; where an element of A is none
 * that the operator takes, all are told.
 *
 * An agent controls `claimed`. Source: Freivalds 1977, with a factor of Z_p for each column.
 */
export function wrongProductRows(of: {
  readonly left: Tensor;
  readonly claimed: Tensor;
  readonly probe: ExactProbe;
  readonly projector: Projector;
}): readonly number[] {
  const { left, claimed, probe, projector } = of;
  const magnitudeMax = probe.inner * QUANTIZED_PRODUCT_MAX;
  const wrong = new Set<number>();
  for (const { factors, lifted } of probe.rounds) {
    const actual = projector.exact(claimed, { factors, magnitudeMax });
    if (actual.largest > magnitudeMax) return rowsBeyond(claimed, magnitudeMax);
    const expected = projector.exact(left, { factors: lifted, magnitudeMax: QUANTIZED_LEFT_MAX });
    if (expected.largest > QUANTIZED_LEFT_MAX) return [...actual.residues.keys()];
    for (let row = 0; row < actual.residues.length; row++) {
      if (actual.residues[row] !== expected.residues[row]) wrong.add(row);
    }
  }
  return [...wrong];
}

function rowsBeyond({ bytes, shape }: Tensor, magnitudeMax: number): readonly number[] {
  const columns = shape[1] ?? 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows = new Set<number>();
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const row = Math.floor(at / 4 / columns);
    if (Math.abs(view.getInt32(at, true)) > magnitudeMax) rows.add(row);
  }
  return [...rows];
}

/** A residue as the number of least magnitude that is equal to it modulo p. */
function balanced(residue: number): number {
  return residue > (PRIME - 1) / 2 ? residue - PRIME : residue;
}

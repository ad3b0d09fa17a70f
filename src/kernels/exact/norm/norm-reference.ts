import { bitLength, clamp, integerRoot, roundShift } from '../fixed-point.ts';
import { ZERO_POINT, type ExactNorm } from '../gpt/gpt.ts';

/**
 * Divides a row by its root mean square and multiplies by the gains.
 *
 * Shapes: row [width] i32 -> [width] u8 in 0..127, zero point 64. A row of zeros stays zero.
 * Limits: |row| <= RESIDUAL_MAX, width <= EXACT_WIDTH_MAX.
 * Source: docs/adr/0013.
 */
export function normReference(row: Int32Array, norm: ExactNorm): Uint8Array {
  const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return new Uint8Array(row.length).fill(ZERO_POINT);
  const down = bitLength(largest) - 15;
  // Of at most 15 bits, and 2^15 itself by rounding.
  const scaled = row.map((value) => (down > 0 ? roundShift(value, down) : value << -down));
  const spread = bitLength(row.length - 1);
  const squares = scaled.reduce((sum, value) => sum + ((value * value) >> spread), 0);
  const even = Math.max(0, (30 - bitLength(squares)) >> 1);
  const reciprocal = Math.floor(2 ** 29 / integerRoot(squares << (2 * even)));
  return Uint8Array.from(scaled, (value, index) => {
    const normal = roundShift(value * reciprocal, 15);
    const gained = roundShift(normal * (norm.gains[index] ?? 0), norm.shift - even);
    return ZERO_POINT + clamp(gained, { low: -64, high: 63 });
  });
}

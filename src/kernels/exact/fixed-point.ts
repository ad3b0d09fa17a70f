// Arithmetic that every backend repeats bit for bit. All values are i32 and none of it wraps.

/** round(value / 2^shift), halves up. Limits: |value| + 2^(shift-1) < 2^31, shift in 0..31. */
export function roundShift(value: number, shift: number): number {
  return shift === 0 ? value : (value + 2 ** (shift - 1)) >> shift;
}

/**
 * round(sum * multiplier / 2^(15 + shift)), halves up, without a product above 32 bits.
 *
 * Limits: |sum| < 2^30, multiplier in 0..32767, shift in 1..31; the result is below 2^29.
 * Source: Jacob et al. 2018, section 2.2; gemmlowp; docs/adr/0013.
 */
export function requantize(
  sum: number,
  { multiplier, shift }: { multiplier: number; shift: number },
): number {
  const high = (sum >> 15) * multiplier;
  const low = ((sum & 0x7fff) * multiplier) >> 15;
  return roundShift(high + low, shift);
}

/** The largest integer whose square is at most `value`, for 0 <= value < 2^31. */
export function integerRoot(value: number): number {
  let root = 0;
  for (let bit = 1 << 15; bit > 0; bit >>= 1) {
    const next = root + bit;
    if (next * next <= value) root = next;
  }
  return root;
}

/** How many bits a number has: 0 of 0, 1 of 1, 2 of 2 and 3. For 0 <= value < 2^32. */
export function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

export function clamp(value: number, { low, high }: { low: number; high: number }): number {
  return Math.max(low, Math.min(high, value));
}

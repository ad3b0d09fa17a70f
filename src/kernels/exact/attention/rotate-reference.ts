import { clamp, roundShift } from '../fixed-point.ts';
import { COSINE_BITS, ROTARY_BITS } from '../gpt/gpt.ts';

/** What a query, a key and a value saturate at. */
const RANGES = {
  query: { low: -64, high: 63 },
  key: { low: -127, high: 127 },
  value: { low: -127, high: 127 },
} as const;

/**
 * Turns pairs (index, index + headSize / 2) of a query or key by the position's angles.
 *
 * Shapes: vector [headSize] in -32767..32767, in 1/16 steps; cosines and sines [headSize / 2].
 */
export function rotateReference(
  vector: readonly number[],
  of: { kind: 'query' | 'key'; cosines: Int16Array; sines: Int16Array },
): number[] {
  const half = vector.length / 2;
  return vector.map((value, index) => {
    const pair = index % half;
    const [cosine, sine] = [of.cosines[pair] ?? 0, of.sines[pair] ?? 0];
    const other = vector[(index + half) % vector.length] ?? 0;
    const turned = index < half ? value * cosine - other * sine : value * cosine + other * sine;
    return clamp(roundShift(turned, COSINE_BITS + ROTARY_BITS), RANGES[of.kind]);
  });
}

/** A value, which is not turned, at its step. */
export function valueReference(vector: readonly number[]): number[] {
  return vector.map((value) => clamp(roundShift(value, ROTARY_BITS), RANGES.value));
}

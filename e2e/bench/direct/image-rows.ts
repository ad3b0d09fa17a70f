/** One image as the face detector of `../shared/models` takes it: channels, rows, columns. */
export const IMAGE_SHAPE = [3, 240, 320] as const;

const IMAGE_BYTES = 3 * 240 * 320;

/** Images of noise, the same for the same seed in Node and in a page. [rows, 3, 240, 320] uint8. */
export function imageRows(of: {
  readonly seed: number;
  readonly rows: number;
}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(of.rows * IMAGE_BYTES);
  let state = of.seed;
  for (let index = 0; index < bytes.length; index++) {
    // Numerical Recipes' linear congruence; the high bits are the good ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

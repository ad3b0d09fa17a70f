/** Bytes of the seed of a check's draw. */
export const SEED_BYTES = 4;

/** A seed as evidence has it: the one place that knows how wide it is. */
export function seedToBytes(seed: number): Uint8Array {
  const bytes = new Uint8Array(SEED_BYTES);
  new DataView(bytes.buffer).setUint32(0, seed);
  return bytes;
}

/** The seed that SEED_BYTES bytes stand for. */
export function seedFromBytes(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

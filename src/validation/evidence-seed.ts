import { wideSeedFrom, type WideSeed } from '../domain/random.ts';

/** Bytes of the seed of a check's draw. */
export const SEED_BYTES = 16;

/** A seed as evidence has it: the one place that knows how wide it is. */
export function seedToBytes(seed: WideSeed): Uint8Array {
  const bytes = new Uint8Array(SEED_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of seed.entries()) view.setUint32(4 * index, word);
  return bytes;
}

/** The seed that SEED_BYTES bytes stand for. */
export function seedFromBytes(bytes: Uint8Array): WideSeed {
  return wideSeedFrom(bytes);
}

import { assert } from '../../domain/assert.ts';
import { ENTRY_BYTES_MAX } from '../../domain/limits.ts';
import { ByteCursor } from '../byte-cursor.ts';
import { TILE_WIDTH } from './tile-path.ts';

/** Largest bundle: 256 of the largest entries, each behind its length. Bytes. */
export const BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX);

/** Entries one behind the other, each behind its length as a big-endian u16. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const byteLength = entries.reduce((sum, entry) => sum + 2 + entry.byteLength, 0);
  const bundle = new Uint8Array(byteLength);
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    assert(entry.byteLength <= ENTRY_BYTES_MAX, `an entry of ${entry.byteLength} bytes`);
    view.setUint16(at, entry.byteLength);
    bundle.set(entry, at + 2);
    at += 2 + entry.byteLength;
  }
  return bundle;
}

/**
 * The entries of a bundle, as views of it; null where it is cut short or has more than 256.
 *
 * The bytes may come from an attacker.
 */
export function decodeBundle(bundle: Uint8Array): readonly Uint8Array[] | null {
  const cursor = new ByteCursor(bundle);
  const entries: Uint8Array[] = [];
  while (cursor.rest > 0) {
    const byteLength = cursor.u16BigEndian();
    const entry = byteLength === null ? null : cursor.take(byteLength);
    if (entry === null || entries.length === TILE_WIDTH) return null;
    entries.push(entry);
  }
  return entries;
}

import { ENTRY_BYTES_MAX } from '../../domain/limits.ts';
import { DIGEST_BYTES } from '../../integrity/index.ts';

/** Of the length in front of an entry. Bytes. */
export const LENGTH_BYTES = 2;
/** The widest row that an entry takes. Bytes. */
export const AUDIT_ROW_BYTES_MAX = LENGTH_BYTES + ENTRY_BYTES_MAX;
/** Of a finding: whether the entry is right, and its leaf. Bytes. */
export const FINDING_BYTES = 1 + DIGEST_BYTES;

/**
 * Entries as the rows of an audit: each behind its length, filled up with zeros to the longest.
 *
 * Shape [entries, width], uint8. Limits: entries of ENTRY_BYTES_MAX, asserted by whoever read them.
 */
export function rowsOfEntries(entries: readonly Uint8Array[]): {
  readonly shape: readonly [number, number];
  readonly bytes: Uint8Array;
} {
  const longest = entries.reduce((most, { byteLength }) => Math.max(most, byteLength), 0);
  const width = LENGTH_BYTES + longest;
  const bytes = new Uint8Array(entries.length * width);
  const view = new DataView(bytes.buffer);
  for (const [row, entry] of entries.entries()) {
    view.setUint16(row * width, entry.byteLength);
    bytes.set(entry, row * width + LENGTH_BYTES);
  }
  return { shape: [entries.length, width], bytes };
}

/**
 * The entry of a row; null where the row is none: a length beyond it, or something behind the entry.
 *
 * The bytes may come from an attacker.
 */
export function entryOfRow(row: Uint8Array): Uint8Array | null {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const end = LENGTH_BYTES + (row.byteLength < LENGTH_BYTES ? 0 : view.getUint16(0));
  if (end > row.byteLength) return null;
  for (let at = end; at < row.byteLength; at++) if (row[at] !== 0) return null;
  return row.subarray(LENGTH_BYTES, end);
}

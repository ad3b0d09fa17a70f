// The journal: records one behind the other, each
//
//   index      u48, big-endian
//   length     u16, big-endian
//   check      8 bytes: the first of sha-256 over index, length and entry
//   entry
import { sha256 } from '../hashing.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { JournalEntry } from './log-store.ts';

const HEAD_BYTES = 8;
const CHECK_BYTES = 8;

/** The records of entries. */
export function encodeJournal(entries: readonly JournalEntry[]): Uint8Array {
  const overhead = HEAD_BYTES + CHECK_BYTES;
  const byteLength = entries.reduce((sum, { entry }) => sum + overhead + entry.byteLength, 0);
  const journal = new Uint8Array(byteLength);
  const view = new DataView(journal.buffer);
  let at = 0;
  for (const { index, entry } of entries) {
    view.setUint16(at, Math.floor(index / 2 ** 32));
    view.setUint32(at + 2, index % 2 ** 32);
    view.setUint16(at + 6, entry.byteLength);
    const head = journal.subarray(at, at + HEAD_BYTES);
    journal.set(checkOf(head, entry), at + HEAD_BYTES);
    journal.set(entry, at + overhead);
    at += overhead + entry.byteLength;
  }
  return journal;
}

/**
 * The entries of a journal, up to the first record that is cut short, broken, or does not follow
 * from the one before; and how many bytes they take.
 */
export function decodeJournal(journal: Uint8Array): {
  readonly entries: readonly JournalEntry[];
  readonly byteLength: number;
} {
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  const entries: JournalEntry[] = [];
  let at = 0;
  while (at + HEAD_BYTES + CHECK_BYTES <= journal.byteLength) {
    const index = view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
    const start = at + HEAD_BYTES + CHECK_BYTES;
    const end = start + view.getUint16(at + 6);
    const before = entries.at(-1);
    if (end > journal.byteLength || (before !== undefined && index !== before.index + 1)) break;
    const entry = journal.slice(start, end);
    const check = checkOf(journal.subarray(at, at + HEAD_BYTES), entry);
    if (!equalBytes(check, journal.subarray(at + HEAD_BYTES, start))) break;
    entries.push({ index, entry });
    at = end;
  }
  return { entries, byteLength: at };
}

function checkOf(head: Uint8Array, entry: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + entry.byteLength);
  bytes.set(head);
  bytes.set(entry, HEAD_BYTES);
  return sha256(bytes).subarray(0, CHECK_BYTES);
}

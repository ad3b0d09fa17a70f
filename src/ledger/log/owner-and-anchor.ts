import { assert } from '../../domain/assert.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../integrity/index.ts';
import { ANCHOR_BYTES } from '../entries/entry.ts';
import { decodeTags, type EntryTag } from '../entries/entry-tags.ts';

const OWNER_AT = 2 + SIGNATURE_BYTES;
const TARGET_AT = OWNER_AT + PUBLIC_KEY_BYTES;
/** How many tags, and how many bytes of them. */
const COUNTS_BYTES = 16;

/** Owner and anchor of an entry that was verified before: what tells it from a duplicate. */
export function ownerAndAnchorOf(entry: Uint8Array): {
  readonly owner: Uint8Array;
  readonly anchor: Uint8Array;
} {
  const anchorAt = anchorAtOf(entry);
  return {
    owner: entry.subarray(OWNER_AT, TARGET_AT),
    anchor: entry.subarray(anchorAt, anchorAt + ANCHOR_BYTES),
  };
}

/** Tags of an entry that was verified before. */
export function tagsOf(entry: Uint8Array): readonly EntryTag[] {
  const countsAt = anchorAtOf(entry) + ANCHOR_BYTES;
  const counts = new DataView(entry.buffer, entry.byteOffset + countsAt, COUNTS_BYTES);
  const byteLength = Number(counts.getBigUint64(8, true));
  const from = countsAt + COUNTS_BYTES;
  const avro = entry.subarray(from, from + byteLength);
  const tags = decodeTags(avro, Number(counts.getBigUint64(0, true)));
  assert(tags !== null, 'an entry that was verified');
  return tags;
}

function anchorAtOf(entry: Uint8Array): number {
  const targetBytes = entry[TARGET_AT] === 1 ? ANCHOR_BYTES : 0;
  const anchorAt = TARGET_AT + 1 + targetBytes + 1;
  assert(entry.byteLength >= anchorAt + ANCHOR_BYTES + COUNTS_BYTES, 'an entry that was verified');
  return anchorAt;
}

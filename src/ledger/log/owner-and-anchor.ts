import { assert } from '../../domain/assert.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../integrity/index.ts';
import { ANCHOR_BYTES } from '../entries/entry.ts';

const OWNER_AT = 2 + SIGNATURE_BYTES;
const TARGET_AT = OWNER_AT + PUBLIC_KEY_BYTES;

/** Owner and anchor of an entry that was verified before: what tells it from a duplicate. */
export function ownerAndAnchorOf(entry: Uint8Array): {
  readonly owner: Uint8Array;
  readonly anchor: Uint8Array;
} {
  const targetBytes = entry[TARGET_AT] === 1 ? ANCHOR_BYTES : 0;
  const anchorAt = TARGET_AT + 1 + targetBytes + 1;
  assert(entry.byteLength >= anchorAt + ANCHOR_BYTES, 'an entry that was verified');
  return {
    owner: entry.subarray(OWNER_AT, TARGET_AT),
    anchor: entry.subarray(anchorAt, anchorAt + ANCHOR_BYTES),
  };
}

import { equalBytes } from '../../integrity/index.ts';
import { EMPTY_ROOT, nodeHash } from './hashes.ts';
import { areHashes, isSize } from './inclusion-proof.ts';

/** A tree's size and root. */
export type TreeHead = { readonly size: number; readonly root: Uint8Array };

/** That the newer tree begins with the older one. */
export type ConsistencyClaim = {
  readonly older: TreeHead;
  readonly newer: TreeHead;
  readonly hashes: readonly Uint8Array[];
};

/**
 * Whether a proof of consistency holds. All of it may come from an attacker.
 *
 * Source: RFC 9162 section 2.1.4.2.
 */
export function provesConsistency({ older, newer, hashes }: ConsistencyClaim): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if (!areHashes([older.root, newer.root])) return false;
  if (older.size === newer.size) return hashes.length === 0 && equalBytes(older.root, newer.root);
  if (older.size === 0) return hashes.length === 0 && equalBytes(older.root, EMPTY_ROOT);
  const begun = isPowerOfTwo(older.size) ? [older.root, ...hashes] : hashes;
  const heads = headsFrom({ olderSize: older.size, newerSize: newer.size, hashes: begun });
  return (
    heads !== null && equalBytes(heads.older, older.root) && equalBytes(heads.newer, newer.root)
  );
}

/** Whether a size has a single perfect tree; its proofs then leave out the first hash. */
export function isPowerOfTwo(size: number): boolean {
  let rest = size;
  while (rest > 1 && rest % 2 === 0) rest /= 2;
  return rest === 1;
}

/**
 * The roots that the hashes of a consistency proof, its first never left out, lead to.
 *
 * Null where there are too few or too many of them. `olderSize` is above 0 and below `newerSize`.
 * A newer root that comes out right fixes the older one: no other hashes lead to it.
 */
export function headsFrom(claim: {
  readonly olderSize: number;
  readonly newerSize: number;
  readonly hashes: readonly Uint8Array[];
}): { readonly older: Uint8Array; readonly newer: Uint8Array } | null {
  const [first, ...rest] = claim.hashes;
  if (first === undefined || !areHashes(claim.hashes)) return null;
  let at = claim.olderSize - 1;
  let last = claim.newerSize - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  let older = first;
  let newer = first;
  for (const hash of rest) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      older = nodeHash(hash, older);
      newer = nodeHash(hash, newer);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newer = nodeHash(newer, hash);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? { older, newer } : null;
}

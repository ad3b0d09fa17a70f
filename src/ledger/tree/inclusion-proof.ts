import { equalBytes } from '../../integrity/index.ts';
import { HASH_BYTES, nodeHash } from './hashes.ts';
import { LOG_ENTRIES_MAX, PROOF_HASHES_MAX } from '../../domain/limits.ts';

/** That a leaf stands at an index in the tree of a size and root. */
export type InclusionClaim = {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  /** Siblings on the way up, from the leaf's to those below the root. */
  readonly hashes: readonly Uint8Array[];
};

/**
 * Whether a proof of inclusion holds. All of it may come from an attacker.
 *
 * Source: RFC 9162 section 2.1.3.2.
 */
export function provesInclusion(claim: InclusionClaim): boolean {
  const { leaf, index, size, root, hashes } = claim;
  if (!isSize(size) || !isSize(index) || index >= size) return false;
  if (!areHashes(hashes) || !areHashes([leaf, root])) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of hashes) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(hash, root);
}

/** Whether a number can be the size of a log. */
export function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0 && size <= LOG_ENTRIES_MAX;
}

/** Whether hashes are as long, and as few, as a proof's. */
export function areHashes(hashes: readonly Uint8Array[]): boolean {
  const isHash = (hash: Uint8Array): boolean => hash.byteLength === HASH_BYTES;
  return hashes.length <= PROOF_HASHES_MAX && hashes.every(isHash);
}

import { createHash } from 'node:crypto';

/** RFC 6962's tree as its section 2.1 writes it: obviously right, and slow. */
export const reference = {
  leaf: (entry: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), entry),

  root(leaves: readonly Uint8Array[]): Uint8Array {
    const [first] = leaves;
    if (first === undefined) return sha256();
    if (leaves.length === 1) return first;
    const k = split(leaves.length);
    const left = reference.root(leaves.slice(0, k));
    return sha256(Uint8Array.of(1), left, reference.root(leaves.slice(k)));
  },

  path(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
    if (leaves.length <= 1) return [];
    const k = split(leaves.length);
    const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
    return index < k
      ? [...reference.path(index, left), reference.root(right)]
      : [...reference.path(index - k, right), reference.root(left)];
  },

  consistency(size: number, leaves: readonly Uint8Array[]): Uint8Array[] {
    return subProof(size, leaves, true);
  },
};

function subProof(size: number, leaves: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (size === leaves.length) return isWhole ? [] : [reference.root(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return size <= k
    ? [...subProof(size, left, isWhole), reference.root(right)]
    : [...subProof(size - k, right, false), reference.root(left)];
}

function split(count: number): number {
  return 2 ** (Math.ceil(Math.log2(count)) - 1);
}

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

import { equalBytes } from '../integrity/index.ts';
import { sha256 } from '../ledger/hashing.ts';

/**
 * A binary trie over the hashes of keys: its shape, and so its root, depends on the rows alone.
 *
 * A part with one row is that row's leaf, wherever it stands. Nodes are never changed, so a root is
 * a snapshot; hashes are computed when they are asked for.
 * Source: compact sparse Merkle trees as in Diem's Jellyfish (2021), without its node format.
 */
export type Tree = Leaf | Fork | null;

type Leaf = {
  readonly kind: 'leaf';
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array;
  /** The value itself, as in the function's table: a former tree still has what was overwritten. */
  readonly text: string;
  hash: Uint8Array | null;
};
type Fork = {
  readonly kind: 'fork';
  readonly left: Tree;
  readonly right: Tree;
  hash: Uint8Array | null;
};

/** The root of no rows. */
export const EMPTY_HASH = new Uint8Array(32);

/** The tree with this row; `keyHash` and `valueHash` are sha-256. */
export function withRow(
  tree: Tree,
  row: { readonly keyHash: Uint8Array; readonly valueHash: Uint8Array; readonly text: string },
): Tree {
  return inserted(tree, { kind: 'leaf', ...row, hash: null }, 0);
}

/** The tree without the row of this key. */
export function withoutRow(tree: Tree, keyHash: Uint8Array): Tree {
  return removed(tree, keyHash, 0);
}

/** The hash that commits to every row of a tree. */
export function hashOfTree(tree: Tree): Uint8Array {
  if (tree === null) return EMPTY_HASH;
  tree.hash ??=
    tree.kind === 'leaf'
      ? hashOfLeaf(tree.keyHash, tree.valueHash)
      : hashOfFork(hashOfTree(tree.left), hashOfTree(tree.right));
  return tree.hash;
}

/** What stands where the way of a key ends, and the hashes beside the way, root first. */
export function wayTo(
  tree: Tree,
  keyHash: Uint8Array,
): { readonly beside: readonly Uint8Array[]; readonly end: Leaf | null } {
  const beside: Uint8Array[] = [];
  let node = tree;
  while (node !== null && node.kind === 'fork') {
    const isRight = bitOf(keyHash, beside.length) === 1;
    beside.push(hashOfTree(isRight ? node.left : node.right));
    node = isRight ? node.right : node.left;
  }
  return { beside, end: node };
}

/** The hash of a row. */
export function hashOfLeaf(keyHash: Uint8Array, valueHash: Uint8Array): Uint8Array {
  return hashOf(0, keyHash, valueHash);
}

/** The hash of two parts side by side. */
export function hashOfFork(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hashOf(1, left, right);
}

/** A bit of a key's hash: which side its way takes at this depth. */
export function bitOf(hash: Uint8Array, depth: number): number {
  return ((hash[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1;
}

// What is hashed is read at once, so that all nodes can stand in the same bytes.
const node = new Uint8Array(65);

function hashOf(kind: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  node[0] = kind;
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}

function inserted(tree: Tree, leaf: Leaf, depth: number): Tree {
  if (tree === null) return leaf;
  if (tree.kind === 'fork') {
    return bitOf(leaf.keyHash, depth) === 0
      ? fork(inserted(tree.left, leaf, depth + 1), tree.right)
      : fork(tree.left, inserted(tree.right, leaf, depth + 1));
  }
  if (equalBytes(tree.keyHash, leaf.keyHash)) return leaf;
  // Both go the same way until their hashes differ.
  const side = bitOf(leaf.keyHash, depth);
  if (side === bitOf(tree.keyHash, depth)) {
    const below = inserted(tree, leaf, depth + 1);
    return side === 0 ? fork(below, null) : fork(null, below);
  }
  return side === 0 ? fork(leaf, tree) : fork(tree, leaf);
}

function removed(tree: Tree, keyHash: Uint8Array, depth: number): Tree {
  if (tree === null) return null;
  if (tree.kind === 'leaf') return equalBytes(tree.keyHash, keyHash) ? null : tree;
  const isRight = bitOf(keyHash, depth) === 1;
  const left = isRight ? tree.left : removed(tree.left, keyHash, depth + 1);
  const right = isRight ? removed(tree.right, keyHash, depth + 1) : tree.right;
  // One row alone rises to where it would have been put.
  if (left === null && right?.kind !== 'fork') return right;
  if (right === null && left?.kind !== 'fork') return left;
  return fork(left, right);
}

function fork(left: Tree, right: Tree): Fork {
  return { kind: 'fork', left, right, hash: null };
}

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

/** A row that is written, or gone where it has no value. Hashes are sha-256. */
export type RowChange = {
  readonly keyHash: Uint8Array;
  readonly value: { readonly hash: Uint8Array; readonly text: string } | null;
};

/**
 * The tree with these rows written over it, each of another key.
 *
 * Their parts are made anew once each, however many of the rows are in them. Reorders the changes.
 */
export function withRows(tree: Tree, changes: RowChange[]): Tree {
  return written(tree, changes, { from: 0, end: changes.length, depth: 0 });
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

/** Some of the changes: those whose ways lead to one part. */
type Span = { readonly from: number; readonly end: number; readonly depth: number };

function written(tree: Tree, changes: RowChange[], { from, end, depth }: Span): Tree {
  if (from === end) return tree;
  const only = end - from === 1 ? changes[from] : undefined;
  if (only !== undefined && tree?.kind !== 'fork') {
    const isAlone = tree === null || equalBytes(tree.keyHash, only.keyHash);
    if (isAlone) return leafOf(only);
    if (only.value === null) return tree;
  }
  const { left, right } = tree?.kind === 'fork' ? tree : sidesOf(tree, depth);
  const middle = partition(changes, { from, end, depth });
  const newLeft = written(left, changes, { from, end: middle, depth: depth + 1 });
  const newRight = written(right, changes, { from: middle, end, depth: depth + 1 });
  // One row alone rises to where it would have been put.
  if (newLeft === null && newRight?.kind !== 'fork') return newRight;
  if (newRight === null && newLeft?.kind !== 'fork') return newLeft;
  return { kind: 'fork', left: newLeft, right: newRight, hash: null };
}

function leafOf({ keyHash, value }: RowChange): Tree {
  if (value === null) return null;
  return { kind: 'leaf', keyHash, valueHash: value.hash, text: value.text, hash: null };
}

/** A part of at most one row as if it were a fork. */
function sidesOf(leaf: Leaf | null, depth: number): { readonly left: Tree; readonly right: Tree } {
  const isRight = leaf !== null && bitOf(leaf.keyHash, depth) === 1;
  return isRight ? { left: null, right: leaf } : { left: leaf, right: null };
}

/** Moves those that go left to the front; where the others begin. */
function partition(changes: RowChange[], { from, end, depth }: Span): number {
  let middle = from;
  for (let at = from; at < end; at++) {
    const change = changes[at];
    const other = changes[middle];
    if (change === undefined || other === undefined) break;
    if (bitOf(change.keyHash, depth) === 1) continue;
    changes[at] = other;
    changes[middle++] = change;
  }
  return middle;
}

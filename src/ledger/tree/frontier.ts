import { assert } from '../../domain/assert.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, rowHash } from './hashes.ts';
import { TILE_WIDTH, type TileId } from './tile-path.ts';

/** A tile and the hashes that stand in it, one behind the other. */
export type Tile = {
  readonly id: TileId & { readonly level: number };
  readonly hashes: Uint8Array;
};

/**
 * The right edge of a tree: its partial tiles, which are all that is needed to go on.
 *
 * Appending costs one hash of the tree in the mean; memory is 8 KiB a level.
 */
export class Frontier {
  #size = 0;
  /** For each level the hashes of its last tile, room for a full one, and how many there are. */
  readonly #rows: { readonly hashes: Uint8Array; count: number }[] = [];

  /** The edge of a tree of this size, from its partial tiles' hashes, lowest level first. */
  static of(size: number, partialTiles: readonly Uint8Array[]): Frontier {
    const frontier = new Frontier();
    frontier.#size = size;
    for (const hashes of partialTiles) {
      const row = frontier.#addRow();
      row.hashes.set(hashes);
      row.count = hashes.byteLength / HASH_BYTES;
    }
    return frontier;
  }

  /** The same edge, which goes on by itself. */
  copy(): Frontier {
    return Frontier.of(
      this.#size,
      this.#rows.map(({ hashes, count }) => hashes.subarray(0, count * HASH_BYTES)),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf; gives the tiles that this made full, lowest level first. */
  append(leaf: Uint8Array): readonly Tile[] {
    assert(leaf.byteLength === HASH_BYTES, 'a leaf hash of 32 bytes');
    const full: Tile[] = [];
    this.#size += 1;
    let hash = leaf;
    for (let level = 0; ; level++) {
      const row = this.#rows[level] ?? this.#addRow();
      row.hashes.set(hash, row.count * HASH_BYTES);
      row.count += 1;
      if (row.count < TILE_WIDTH) return full;
      const index = this.#size / TILE_WIDTH ** (level + 1) - 1;
      full.push({ id: { level, index, width: TILE_WIDTH }, hashes: row.hashes.slice() });
      hash = rowHash(row.hashes);
      row.count = 0;
    }
  }

  /** The partial tiles of a tree of this size, lowest level first; levels without one are left out. */
  partialTiles(): readonly Tile[] {
    return this.#rows.flatMap(({ hashes, count }, level) => {
      if (count === 0) return [];
      const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1));
      return [{ id: { level, index, width: count }, hashes: hashes.slice(0, count * HASH_BYTES) }];
    });
  }

  /** The root of the tree. */
  root(): Uint8Array {
    let root: Uint8Array | null = null;
    for (const { hashes, count } of this.#rows) {
      // From the right: each perfect subtree is smaller than the one on its left.
      for (let rest = count; rest > 0;) {
        const width = lastSubtreeWidth(rest);
        const row = hashes.subarray((rest - width) * HASH_BYTES, rest * HASH_BYTES);
        const subtree = rowHash(row);
        root = root === null ? subtree : nodeHash(subtree, root);
        rest -= width;
      }
    }
    return root ?? EMPTY_ROOT;
  }

  #addRow(): { readonly hashes: Uint8Array; count: number } {
    const row = { hashes: new Uint8Array(TILE_WIDTH * HASH_BYTES), count: 0 };
    this.#rows.push(row);
    return row;
  }
}

/** The largest power of two that divides `count`: the width of its last perfect subtree. */
function lastSubtreeWidth(count: number): number {
  let width = 1;
  while (count % (width * 2) === 0) width *= 2;
  return width;
}

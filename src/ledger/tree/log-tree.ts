import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { TILES_CACHED_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { TreeHead } from './consistency-proof.ts';
import { BUNDLE_BYTES_MAX, decodeBundle } from './entry-bundle.ts';
import { Frontier } from './frontier.ts';
import { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash, rowHash, splitOf } from './hashes.ts';
import { levelCount, partialWidth, TILE_WIDTH, tilePath, type TileId } from './tile-path.ts';
import type { TileReader } from './tile-reader.ts';

type Hashes = readonly Uint8Array[];

/**
 * The tree of a checkpoint, read tile by tile from a place that is not trusted.
 *
 * Every hash was verified before it is given out: the partial tiles on the right edge lead
 * together to the root, and each full tile to its hash in the level above. Memory does not grow
 * with the log: TILES_CACHED_MAX tiles are kept.
 * Errors of all methods: "proof_invalid" for bytes that do not belong to the tree, and what the
 * reader says.
 */
export class LogTree {
  readonly head: TreeHead;
  readonly #reader: TileReader;
  /** The partial tile of each level; none for the levels that end with a full one. */
  readonly #edge: ReadonlyMap<number, Uint8Array>;
  readonly #cache = new Map<string, Uint8Array>();

  /** The right edge, from which the tree can grow. */
  readonly frontier: Frontier;

  private constructor(
    reader: TileReader,
    head: TreeHead,
    edge: { readonly tiles: ReadonlyMap<number, Uint8Array>; readonly frontier: Frontier },
  ) {
    this.#reader = reader;
    this.head = head;
    this.#edge = edge.tiles;
    this.frontier = edge.frontier;
  }

  /** Reads the right edge. The head is one that was signed: the tree is whatever has its root. */
  static async open(reader: TileReader, head: TreeHead): Promise<Outcome<LogTree>> {
    const edge = new Map<number, Uint8Array>();
    const rows: Uint8Array[] = [];
    for (let level = 0; levelCount(head.size, level) > 0; level++) {
      const width = partialWidth(head.size, level);
      const index = Math.floor(levelCount(head.size, level) / TILE_WIDTH);
      const tile: Outcome<Uint8Array> =
        width === 0 ? succeed(new Uint8Array()) : await readHashes(reader, { level, index, width });
      if (!tile.ok) return tile;
      rows.push(tile.value);
      if (width > 0) edge.set(level, tile.value);
    }
    const frontier = Frontier.of(head.size, rows);
    if (!equalBytes(frontier.root(), head.root)) {
      return invalid(`the right edge of the tree of ${head.size} entries`);
    }
    return succeed(new LogTree(reader, head, { tiles: edge, frontier }));
  }

  /** The hashes of a tile as this tree has them: of a partial one as many as there are. */
  async tile(level: number, index: number): Promise<Outcome<Uint8Array>> {
    const count = levelCount(this.head.size, level);
    assert(index * TILE_WIDTH < count, `tile ${level}/${index} of ${this.head.size} entries`);
    if (index === Math.floor(count / TILE_WIDTH)) {
      const edge = this.#edge.get(level);
      assert(edge !== undefined, 'a partial tile stands on the edge');
      return succeed(edge);
    }
    const path = tilePath({ level, index, width: TILE_WIDTH });
    const cached = this.#cache.get(path);
    if (cached !== undefined) return succeed(cached);
    const above = await this.#hashAt(level + 1, index);
    if (!above.ok) return above;
    const read = await readHashes(this.#reader, { level, index, width: TILE_WIDTH });
    if (!read.ok) return read;
    if (!equalBytes(rowHash(read.value), above.value)) return invalid(path);
    this.#keep(path, read.value);
    return read;
  }

  /** The leaf hash at an index. */
  leaf(index: number): Promise<Outcome<Uint8Array>> {
    return this.#hashAt(0, index);
  }

  /** The entries of the `index`-th bundle, each with the hash that its leaf has. */
  async entries(index: number): Promise<Outcome<readonly Uint8Array[]>> {
    const leaves = await this.tile(0, index);
    if (!leaves.ok) return leaves;
    const width = leaves.value.byteLength / HASH_BYTES;
    const tile: TileId = { level: 'entries', index, width };
    const read = await readWithFallback(this.#reader, tile, BUNDLE_BYTES_MAX);
    if (!read.ok) return read;
    const entries = decodeBundle(read.value)?.slice(0, width) ?? [];
    if (entries.length !== width) return invalid(tilePath(tile));
    for (const [at, entry] of entries.entries()) {
      if (!equalBytes(await leafHash(entry), hashIn(leaves.value, at))) {
        return invalid(`entry ${index * TILE_WIDTH + at} in ${tilePath(tile)}`);
      }
    }
    return succeed(entries);
  }

  /** The root that the tree had at a smaller size. */
  rootAt(size: number): Promise<Outcome<Uint8Array>> {
    assert(size <= this.head.size, `size ${size} of ${this.head.size}`);
    return size === 0 ? Promise.resolve(succeed(EMPTY_ROOT)) : this.#range(0, size);
  }

  /** The proof that the leaf at an index is in this tree. Source: RFC 6962 section 2.1.1. */
  async inclusionProof(index: number): Promise<Outcome<Hashes>> {
    assert(index < this.head.size, `index ${index} of ${this.head.size}`);
    const hashes: Uint8Array[] = [];
    for (const [start, end] of siblingsOf(index, this.head.size)) {
      const hash = await this.#range(start, end);
      if (!hash.ok) return hash;
      hashes.push(hash.value);
    }
    return succeed(hashes);
  }

  /**
   * The proof that this tree began with the first `size` leaves. Source: RFC 6962 section 2.1.2.
   *
   * `complete` leaves nothing out, also not the old root where the old tree is perfect.
   */
  async consistencyProof(
    size: number,
    form: 'usual' | 'complete' = 'usual',
  ): Promise<Outcome<Hashes>> {
    assert(size <= this.head.size, `size ${size} of ${this.head.size}`);
    const hashes: Uint8Array[] = [];
    for (const [start, end] of rangesBetween(size, this.head.size, form)) {
      const hash = await this.#range(start, end);
      if (!hash.ok) return hash;
      hashes.push(hash.value);
    }
    return succeed(hashes);
  }

  async #hashAt(level: number, index: number): Promise<Outcome<Uint8Array>> {
    const tile = await this.tile(level, Math.floor(index / TILE_WIDTH));
    return tile.ok ? succeed(hashIn(tile.value, index % TILE_WIDTH)) : tile;
  }

  /** The hash above leaves that are the whole of a subtree, or end where a tree ended. */
  async #range(start: number, end: number): Promise<Outcome<Uint8Array>> {
    const count = end - start;
    const height = Math.log2(count);
    if (Number.isInteger(height)) return this.#subtree(height, start / count);
    const middle = start + splitOf(count);
    const left = await this.#range(start, middle);
    if (!left.ok) return left;
    const right = await this.#range(middle, end);
    return right.ok ? succeed(nodeHash(left.value, right.value)) : right;
  }

  /** The hash of the `index`-th perfect subtree of a height. */
  async #subtree(height: number, index: number): Promise<Outcome<Uint8Array>> {
    const level = Math.floor(height / 8);
    const width = 2 ** (height % 8);
    const tile = await this.tile(level, Math.floor((index * width) / TILE_WIDTH));
    if (!tile.ok) return tile;
    const at = (index * width) % TILE_WIDTH;
    return succeed(rowHash(tile.value.subarray(at * HASH_BYTES, (at + width) * HASH_BYTES)));
  }

  #keep(path: string, hashes: Uint8Array): void {
    this.#cache.set(path, hashes);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > TILES_CACHED_MAX && oldest !== undefined) this.#cache.delete(oldest);
  }
}

/** The ranges beside the way from a leaf to the root, the lowest first. */
function siblingsOf(index: number, size: number): [number, number][] {
  const ranges: [number, number][] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.unshift([middle, end]);
      end = middle;
    } else {
      ranges.unshift([start, middle]);
      start = middle;
    }
  }
  return ranges;
}

/** The ranges whose hashes lead to the roots of both sizes, in the order of the proof. */
function rangesBetween(
  size: number,
  newerSize: number,
  form: 'usual' | 'complete',
): [number, number][] {
  if (size === 0 || size === newerSize) return [];
  const ranges: [number, number][] = [];
  let [start, end] = [0, newerSize];
  while (end > size) {
    const middle = start + splitOf(end - start);
    if (size <= middle) {
      ranges.unshift([middle, end]);
      end = middle;
    } else {
      ranges.unshift([start, middle]);
      start = middle;
    }
  }
  // A range that begins with the tree is the old root, which the verifier has.
  return start === 0 && form === 'usual' ? ranges : [[start, end], ...ranges];
}

async function readHashes(reader: TileReader, tile: TileId): Promise<Outcome<Uint8Array>> {
  const read = await readWithFallback(reader, tile, TILE_WIDTH * HASH_BYTES);
  if (!read.ok) return read;
  const hashes = read.value.subarray(0, tile.width * HASH_BYTES);
  const isWhole = hashes.byteLength === tile.width * HASH_BYTES;
  return isWhole ? succeed(hashes) : invalid(tilePath(tile));
}

/** A log may have deleted a partial tile once there is the full one, which begins with it. */
async function readWithFallback(
  reader: TileReader,
  tile: TileId,
  bytesMax: number,
): Promise<Outcome<Uint8Array>> {
  const read = await reader.read(tilePath(tile), bytesMax);
  if (read.ok || read.failure.code !== 'tile_unknown' || tile.width === TILE_WIDTH) return read;
  const full = await reader.read(tilePath({ ...tile, width: TILE_WIDTH }), bytesMax);
  return full.ok ? full : read;
}

function hashIn(hashes: Uint8Array, at: number): Uint8Array {
  return hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}

function invalid(what: string): Outcome<never> {
  const text = `${what} does not lead to the root that the log signed`;
  return fail(failure('proof_invalid', `${text}. Read it from another place.`));
}

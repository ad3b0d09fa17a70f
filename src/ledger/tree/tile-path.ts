import { assert } from '../../domain/assert.ts';
import { LOG_ENTRIES_MAX } from '../../domain/limits.ts';

/** Hashes, or entries, of a full tile. */
export const TILE_WIDTH = 256;

/**
 * One tile of a tree, or one bundle of entries.
 *
 * The n-th tile of a level holds `width` consecutive hashes, each of 256^level leaves.
 */
export type TileId = {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; below 256 it is a partial tile. */
  readonly width: number;
};

/** Where a log's newest checkpoint is. */
export const CHECKPOINT_PATH = 'checkpoint';

// 256^5 is LOG_ENTRIES_MAX: no tile is above level 4, and level 5 would be its root.
const LEVEL_MAX = 5;

/** The path of a tile, below a log's prefix. Source: C2SP tlog-tiles. */
export function tilePath({ level, index, width }: TileId): string {
  assert(width >= 1 && width <= TILE_WIDTH, `a tile of width ${width}`);
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    const group = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? group : `x${group}`);
  }
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${groups.join('/')}${partial}`;
}

/** The tile that a path names; null where no tile has it. The path may come from an attacker. */
export function parseTilePath(path: string): TileId | null {
  const pattern = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
  const [, levelText, groups, widthText] = pattern.exec(path) ?? [];
  if (levelText === undefined || groups === undefined) return null;
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if (level !== 'entries' && level > LEVEL_MAX) return null;
  if (width > TILE_WIDTH || index >= LOG_ENTRIES_MAX / TILE_WIDTH) return null;
  const tile: TileId = { level, index, width };
  // Other spellings of the same tile, such as with a group of zeros in front, are no paths.
  return tilePath(tile) === path ? tile : null;
}

/** How many hashes a level of the tree has that stand in tiles. */
export function levelCount(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The width of a level's last tile where that is partial; 0 where the level ends with a full one. */
export function partialWidth(size: number, level: number): number {
  return levelCount(size, level) % TILE_WIDTH;
}

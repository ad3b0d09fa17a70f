// What a gateway of Arweave says in JSON. It may say anything.
import { PIECE_TAGS } from './archive-piece.ts';
import type { ListedPiece } from './archive-target.ts';

/** The block that has an item, null where none does, and whether the gateway knows of the item. */
export function itemIn(json: unknown): {
  readonly height: number | null;
  readonly isSeen: boolean;
} {
  const height = at(json, 'data', 'transaction', 'block', 'height');
  const isSeen = typeof at(json, 'data', 'transaction', 'id') === 'string';
  return { height: typeof height === 'number' ? height : null, isSeen };
}

/** How high the chain is; null where it does not say. */
export function topIn(json: unknown): number | null {
  const top = at(json, 'height');
  return typeof top === 'number' ? top : null;
}

/** Pieces, and the cursor of the next page, null where this is the last; null for no page at all. */
export function pageIn(
  json: unknown,
): { readonly pieces: readonly ListedPiece[]; readonly next: string | null } | null {
  const edges = at(json, 'data', 'transactions', 'edges');
  if (!Array.isArray(edges)) return null;
  const cursor: unknown = at(edges.at(-1), 'cursor');
  const hasMore = at(json, 'data', 'transactions', 'pageInfo', 'hasNextPage') === true;
  const next = hasMore && typeof cursor === 'string' ? cursor : null;
  return { pieces: edges.flatMap(pieceOf), next };
}

/** A piece as a gateway lists it; none where the tags say nothing of the kind. */
function pieceOf(edge: unknown): readonly ListedPiece[] {
  const node = at(edge, 'node');
  const id = at(node, 'id');
  const poster = at(node, 'owner', 'address');
  const tags = at(node, 'tags');
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(id) || !Array.isArray(tags)) return [];
  const numberOf = (name: string): number => {
    const value = at(
      tags.find((tag) => at(tag, 'name') === name),
      'value',
    );
    return typeof value === 'string' && /^\d{1,13}$/.test(value) ? Number(value) : -1;
  };
  const [first, end] = [numberOf(PIECE_TAGS.first), numberOf(PIECE_TAGS.end)];
  if (first < 0 || end <= first) return [];
  return [{ id, first, end, poster: typeof poster === 'string' ? poster : '' }];
}

/** What stands below names in JSON that somebody else wrote; undefined where nothing does. */
function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

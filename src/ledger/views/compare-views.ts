import { succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { SignedCheckpoint } from '../notes/checkpoint.ts';
import { LogTree } from '../tree/log-tree.ts';
import type { TileReader } from '../tree/tile-reader.ts';
import type { ForkProof } from './fork-proof.ts';

/** What two checkpoints of one log say of each other. */
export type Comparison =
  | { readonly kind: 'consistent' }
  | { readonly kind: 'forked'; readonly proof: ForkProof };

/**
 * Compares two checkpoints of one log, each signed by it, with the tiles of the larger one.
 *
 * The tiles come from a place that is not trusted: they are verified against the larger root, so
 * that a fork that comes out is the log's, and never made up by who served the tiles.
 * Errors: those of `LogTree`, where the tiles do not let it be told.
 */
export async function compareViews(
  one: SignedCheckpoint,
  other: SignedCheckpoint,
  tiles: TileReader,
): Promise<Outcome<Comparison>> {
  const isOrdered = one.checkpoint.size <= other.checkpoint.size;
  const [older, newer] = isOrdered ? [one, other] : [other, one];
  if (equalBytes(older.checkpoint.root, newer.checkpoint.root)) {
    if (older.checkpoint.size === newer.checkpoint.size) return succeed({ kind: 'consistent' });
  } else if (older.checkpoint.size === newer.checkpoint.size) {
    return succeed({ kind: 'forked', proof: { older, newer, hashes: [] } });
  }
  const tree = await LogTree.open(tiles, newer.checkpoint);
  if (!tree.ok) return tree;
  const root = await tree.value.rootAt(older.checkpoint.size);
  if (!root.ok) return root;
  if (equalBytes(root.value, older.checkpoint.root)) return succeed({ kind: 'consistent' });
  const hashes = await tree.value.consistencyProof(older.checkpoint.size, 'complete');
  if (!hashes.ok) return hashes;
  return succeed({ kind: 'forked', proof: { older, newer, hashes: hashes.value } });
}

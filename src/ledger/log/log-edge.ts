import { assert } from '../../domain/assert.ts';
import { encodeBundle } from '../tree/entry-bundle.ts';
import { Frontier } from '../tree/frontier.ts';
import { TILE_WIDTH, tilePath, type TileId } from '../tree/tile-path.ts';
import type { LogFile } from './log-store.ts';

/** An entry and its leaf hash. */
export type HashedEntry = { readonly entry: Uint8Array; readonly leaf: Uint8Array };

/** What is needed to publish more of a log: its tree's right edge and the last, partial bundle. */
export type LogEdge = {
  readonly frontier: Frontier;
  readonly lastEntries: readonly Uint8Array[];
};

/** The files that more entries make, and the edge behind them. The former edge stays as it is. */
export function advanceEdge(
  edge: LogEdge,
  entries: readonly HashedEntry[],
): { readonly files: readonly LogFile[]; readonly edge: LogEdge } {
  assert(edge.lastEntries.length === edge.frontier.size % TILE_WIDTH, 'the edge fits its tree');
  const frontier = edge.frontier.copy();
  const files: LogFile[] = [];
  let last = [...edge.lastEntries];
  const add = (id: TileId, bytes: Uint8Array): void => {
    files.push({ path: tilePath(id), bytes });
  };
  for (const { entry, leaf } of entries) {
    last.push(entry);
    for (const { id, hashes } of frontier.append(leaf)) add(id, hashes);
    if (last.length < TILE_WIDTH) continue;
    const index = frontier.size / TILE_WIDTH - 1;
    add({ level: 'entries', index, width: TILE_WIDTH }, encodeBundle(last));
    last = [];
  }
  for (const { id, hashes } of frontier.partialTiles()) add(id, hashes);
  if (last.length > 0) {
    const index = Math.floor(frontier.size / TILE_WIDTH);
    add({ level: 'entries', index, width: last.length }, encodeBundle(last));
  }
  return { files, edge: { frontier, lastEntries: last } };
}

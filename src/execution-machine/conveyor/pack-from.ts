import { ARCHIVE_PIECE_BYTES_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { MessageSigner } from '../../integrity/index.ts';
import {
  TILE_WIDTH,
  type LogTree,
  type SignedCheckpoint,
  type TileReader,
  type TreeHead,
  type VerifierKey,
} from '../../ledger/index.ts';
import { packPiece, type ArchiveItem } from './archive-piece.ts';

/** The log that is archived. */
export type ArchivedLog = {
  readonly verifierKey: VerifierKey;
  /** Its published tiles. */
  readonly files: TileReader;
  /** Signs a head of the log's own tree, so that each piece can be told to be the log's. */
  sign(head: TreeHead): Promise<SignedCheckpoint>;
};

// A label without its note, and the headers of a bundle, take this much of a piece at most.
const LABEL_BYTES_MAX = 1_024;
const HEADER_BYTES = 64;

/**
 * Packs the entries from an index on: at most to the end of their tile, and what a piece may have.
 *
 * The tree is that of a published checkpoint. Errors: those of `LogTree`.
 */
export async function packFrom(
  first: number,
  of: {
    readonly log: ArchivedLog;
    readonly signer: MessageSigner;
    readonly tree: LogTree;
    readonly signed: SignedCheckpoint;
  },
): Promise<Outcome<ArchiveItem>> {
  const { log, signer, tree, signed } = of;
  const tile = await tree.entries(Math.floor(first / TILE_WIDTH));
  if (!tile.ok) return tile;
  // A note that is signed for this has no cosignatures, and so is no larger than this one.
  const entries = fitting(tile.value.slice(first % TILE_WIDTH), signed.bytes.byteLength);
  const end = first + entries.length;
  const root = await tree.rootAt(end);
  if (!root.ok) return root;
  const isPublished = end === signed.checkpoint.size;
  const note = isPublished ? signed : await log.sign({ size: end, root: root.value });
  const piece = { log: log.verifierKey, first, entries, checkpoint: note.bytes };
  return succeed(await packPiece(piece, signer));
}

/** As many of the first entries as a piece may have: at least one. */
function fitting(entries: readonly Uint8Array[], noteBytes: number): readonly Uint8Array[] {
  let byteLength = LABEL_BYTES_MAX + noteBytes;
  const end = entries.findIndex((entry) => {
    byteLength += HEADER_BYTES + entry.byteLength;
    return byteLength > ARCHIVE_PIECE_BYTES_MAX;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { signingLog } from '../notes/policy.ts';
import type { VerifierKey } from '../notes/verifier-key.ts';
import { Frontier } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { LogTree } from '../tree/log-tree.ts';
import { TILE_WIDTH } from '../tree/tile-path.ts';
import { AnchorTable } from './anchor-table.ts';
import { ownerAndAnchorOf } from './owner-and-anchor.ts';
import type { HashedEntry, LogEdge } from './log-edge.ts';
import type { JournalEntry, LogStore } from './log-store.ts';

/** A log as its store had it: what was published, and what was kept behind that. */
export type LogState = {
  readonly checkpoint: SignedCheckpoint | null;
  readonly edge: LogEdge;
  readonly waiting: readonly HashedEntry[];
  readonly anchors: AnchorTable;
};

/**
 * Reads a log back, every entry and hash of it, and refuses one that is not whole.
 *
 * Errors: "storage_failed" where the store has another log than the key's, or lacks entries;
 * "proof_invalid" where bytes changed.
 */
export async function recoverLog(store: LogStore, key: VerifierKey): Promise<Outcome<LogState>> {
  const recovered = await store.recover();
  if (!recovered.ok) return recovered;
  const { checkpoint: bytes, journal } = recovered.value;
  const anchors = new AnchorTable();
  const published = bytes === null ? EMPTY : await readPublished(store, key, bytes, anchors);
  if ('ok' in published) return published;
  const { size } = published.edge.frontier;
  const behind = entriesBehind(journal, size);
  if (behind === null) return broken('its journal does not go on where its checkpoint ends');
  const waiting: HashedEntry[] = [];
  for (const [at, entry] of behind.entries()) {
    const { owner, anchor } = ownerAndAnchorOf(entry);
    anchors.add(owner, anchor, size + at);
    waiting.push({ entry, leaf: await leafHash(entry) });
  }
  return succeed({ ...published, waiting, anchors });
}

type Published = Pick<LogState, 'checkpoint' | 'edge'>;

const EMPTY: Published = {
  checkpoint: null,
  edge: { frontier: new Frontier(), lastEntries: [] },
};

async function readPublished(
  store: LogStore,
  key: VerifierKey,
  bytes: Uint8Array,
  anchors: AnchorTable,
): Promise<Published | Outcome<never>> {
  const checkpoint = parseCheckpoint(bytes);
  if (!checkpoint.ok) return checkpoint;
  const policy = { logs: [{ key, url: null }] };
  const signer = await signingLog(policy, checkpoint.value);
  if (!signer.ok) return broken(`its checkpoint was not signed by the key of "${key.name}"`);
  const tree = await LogTree.open(store, checkpoint.value.checkpoint);
  if (!tree.ok) return tree;
  const { size } = tree.value.head;
  let lastEntries: readonly Uint8Array[] = [];
  for (let start = 0; start < size; start += TILE_WIDTH) {
    const entries = await tree.value.entries(start / TILE_WIDTH);
    if (!entries.ok) return entries;
    for (const [at, entry] of entries.value.entries()) {
      const { owner, anchor } = ownerAndAnchorOf(entry);
      anchors.add(owner, anchor, start + at);
    }
    // Copies, so that a bundle is not held for a few of its entries.
    if (start + TILE_WIDTH > size) lastEntries = entries.value.map((entry) => entry.slice());
  }
  return { checkpoint: checkpoint.value, edge: { frontier: tree.value.frontier, lastEntries } };
}

/** The entries from an index on; null where some are missing in front of others. */
function entriesBehind(journal: readonly JournalEntry[], size: number): Uint8Array[] | null {
  const behind = journal.filter(({ index }) => index >= size);
  const isWhole = behind.every(({ index }, at) => index === size + at);
  return isWhole ? behind.map(({ entry }) => entry) : null;
}

function broken(why: string): Outcome<never> {
  const text = `this log cannot be gone on with: ${why}`;
  return fail(failure('storage_failed', `${text}. Restore it from the archive, or another copy.`));
}

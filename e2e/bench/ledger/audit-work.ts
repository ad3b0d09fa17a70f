import { VerifyingKeys } from '../../../src/integrity/index.ts';
import { must } from '../../../src/ledger/example-log.contract.ts';
import {
  leafHash,
  LogTree,
  memoryLogStore,
  signCheckpoint,
  TILE_WIDTH,
  verifyEntry,
} from '../../../src/ledger/index.ts';
import { advanceEdge } from '../../../src/ledger/log/log-edge.ts';
import { Frontier } from '../../../src/ledger/tree/frontier.ts';
import { actions, benchLog, benchSigner, perSecond, verificationsPerSecond } from './bench-log.ts';

/** Tiles whose entries are signed actions; those behind them only fill the tree. */
export const AUDITED_TILES = 20;

/** How long one tile takes, and as many signatures alone. Milliseconds. */
export type AuditRun = { readonly tileMs: number; readonly signaturesMs: number };

/** Audits tile after tile, so many times. */
export async function auditRuns(tree: LogTree, count: number): Promise<readonly AuditRun[]> {
  const runs: AuditRun[] = [];
  let tile = 0;
  for (let run = 0; run < count; run++) {
    const verifyRate = await verificationsPerSecond();
    const tileRate = await perSecond(async () => {
      await auditTile(tree, tile++);
      return 1;
    }, 1_000);
    runs.push({ tileMs: 1_000 / tileRate, signaturesMs: (TILE_WIDTH / verifyRate) * 1_000 });
  }
  return runs;
}

/** Reads a tile and its entries from where nobody is trusted, and checks all of them. */
async function auditTile(tree: LogTree, tile: number): Promise<void> {
  const entries = must(await tree.entries(tile % AUDITED_TILES));
  const keys = new VerifyingKeys();
  const verified = await Promise.all(entries.map((entry) => verifyEntry(entry, keys)));
  verified.forEach(must);
}

/** A log in memory: actions in front, to be audited, and small entries behind them. */
export async function treeOf(count: number): Promise<LogTree> {
  const signed = await actions(await benchSigner(), AUDITED_TILES * TILE_WIDTH);
  const entries = Array.from({ length: count }, (_, index) => {
    return signed[index] ?? new TextEncoder().encode(`entry ${index}`);
  });
  const hashed = await Promise.all(
    entries.map(async (entry) => ({ entry, leaf: await leafHash(entry) })),
  );
  const empty = { frontier: new Frontier(), lastEntries: [] };
  const { files, edge } = advanceEdge(empty, hashed);
  const { frontier } = edge;
  const head = { size: frontier.size, root: frontier.root() };
  const { bytes } = await signCheckpoint(await benchLog(), head);
  const store = memoryLogStore();
  must(await store.publish(files, bytes));
  return must(await LogTree.open(store, head));
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  packPiece,
  restoreLog,
  verifyRecord,
  type ArchiveItem,
} from '../../../src/execution-machine/index.ts';
import { folderTarget, openNodeEngine } from '../../../src/execution-machine/node.ts';
import {
  ann,
  bob,
  ExampleRecord,
  logSigner,
} from '../../../src/execution-machine/verify/example-record.contract.ts';
import { must } from '../../../src/ledger/example-log.contract.ts';
import {
  LogTree,
  memoryLogStore,
  noteKeyOf,
  parseCheckpoint,
  signCheckpoint,
  TILE_WIDTH,
} from '../../../src/ledger/index.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { benchSigner, verifyMany } from './bench-log.ts';

const RUNS = 5;
/** Whole tiles; each entry is an action, each thousandth is followed by the claim of a root. */
const ENTRIES = 24 * TILE_WIDTH;

/** What it takes to verify a record in full, and to restore one from its archive. */
export async function verifying(): Promise<readonly Line[]> {
  const record = await ExampleRecord.begin();
  while (record.size < ENTRIES) {
    const index = await record.count(record.size % 2 === 0 ? ann : bob);
    if (index % 1_000 === 0 && record.size < ENTRIES) await record.claim(index);
  }
  const published = must(parseCheckpoint(await record.publish()));
  const engine = must(await openNodeEngine());
  const verify = async (): Promise<void> => {
    const verdict = must(
      await verifyRecord({
        tiles: record.store,
        policy: record.policy,
        pinned: null,
        check: { level: 'full', engine },
        nowMs: () => performance.now(),
      }),
    );
    if (verdict.difference !== null || verdict.folded === null) throw new Error('all is right');
  };
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-bench-'));
  try {
    const items = await piecesOf(record, published.checkpoint);
    const target = folderTarget(folder);
    const { signal } = new AbortController();
    for (const item of items) must(await target.post(item, signal));
    const restore = async (): Promise<void> => {
      const store = memoryLogStore();
      const log = noteKeyOf(logSigner);
      const restored = must(await restoreLog({ target, log, store, signal }));
      if (restored.size !== ENTRIES) throw new Error('all is restored');
    };
    const entryBytes = (await tileBytes(record, published.checkpoint)) / ENTRIES;
    const archivedBytes = items.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) / ENTRIES;
    const size = { value: archivedBytes, ours: archivedBytes, peer: entryBytes };
    const ED25519 = 'Ed25519 verifications a CPU second, WebCrypto';
    return [
      figureOf(
        {
          ...{ suite: 'ledger', name: 'full-verification-entries-per-second', unit: 'entries/s' },
          ...{ better: 'higher', work: `${ENTRIES} actions of a counter, a CPU second; Node` },
          ...{ peer: ED25519, goal: '>= 3000' },
        },
        await runsOf(verify),
      ),
      figureOf(
        {
          ...{ suite: 'ledger', name: 'restored-entries-per-second', unit: 'entries/s' },
          ...{ better: 'higher', work: `${ENTRIES} entries from a folder, a CPU second; Node` },
          peer: ED25519,
        },
        await runsOf(restore),
      ),
      figureOf(
        {
          ...{ suite: 'ledger', name: 'archived-bytes-per-entry', unit: 'bytes' },
          ...{ better: 'lower', work: `${ENTRIES} actions of a counter` },
          peer: 'bytes of an entry in its tile',
        },
        [size],
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
    await record.close();
  }
}

/** Rates a second of CPU of all threads, beside as many signatures alone. */
async function runsOf(work: () => Promise<void>): Promise<Run[]> {
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run++) {
    const ours = ENTRIES / (await cpuSeconds(work));
    const peer = ENTRIES / (await cpuSeconds(() => verifyMany(ENTRIES)));
    runs.push({ value: ours, ours, peer });
  }
  return runs;
}

async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

type Head = Parameters<typeof LogTree.open>[1];

/** The record as the conveyor cuts it, where each tile fits a piece. */
async function piecesOf(record: ExampleRecord, head: Head): Promise<readonly ArchiveItem[]> {
  const tree = must(await LogTree.open(record.store, head));
  const signer = await benchSigner();
  const items: ArchiveItem[] = [];
  for (let first = 0; first < head.size; first += TILE_WIDTH) {
    const entries = must(await tree.entries(first / TILE_WIDTH));
    const size = first + entries.length;
    const root = must(await tree.rootAt(size));
    const { bytes: checkpoint } = await signCheckpoint(logSigner, { size, root });
    items.push(await packPiece({ log: noteKeyOf(logSigner), first, entries, checkpoint }, signer));
  }
  return items;
}

async function tileBytes(record: ExampleRecord, head: Head): Promise<number> {
  const tree = must(await LogTree.open(record.store, head));
  let bytes = 0;
  for (let tile = 0; tile * TILE_WIDTH < head.size; tile++) {
    for (const entry of must(await tree.entries(tile))) bytes += 2 + entry.byteLength;
  }
  return bytes;
}

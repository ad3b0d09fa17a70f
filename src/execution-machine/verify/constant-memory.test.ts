import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT_CLAIM_LAG_MAX } from '../../domain/limits.ts';
import { must } from '../../ledger/example-log.contract.ts';
import {
  advanceEdge,
  decodeEntry,
  Frontier,
  leafHash,
  signCheckpoint,
  signEntry,
  TILE_WIDTH,
  type LogEdge,
} from '../../ledger/index.ts';
import { functionIdOf } from '../function-id.ts';
import { actionDraft, LogReading, rootDraft } from '../log-entry.ts';
import { engine } from '../machine-driver.contract.ts';
import { openProcessor } from '../processor.ts';
import { ann, bob, idOf, logSigner } from './example-record.contract.ts';

/** As many wait for a claim of a root: from here on all that is kept is full. */
const SHORTER = ROOT_CLAIM_LAG_MAX + 2 * TILE_WIDTH;
const LONGER = 3 * SHORTER;
/** Most actions only say this, to a function that is not there: they wait and are refused. */
const NOTE = 'n'.repeat(1_200);
const COUNTED_EVERY = 16;
/** What grows by design: the anchor of each action. Bytes. */
const ANCHOR_BYTES_MAX = 192;
/** How much more of the log may be read ahead where least is than where least was before. */
const AHEAD_BYTES_MAX = 2 ** 20;
const HEAP_MIB = 64;
const SOURCE = `export function handle(db, action, ctx) {
  db.set(ctx.caller, (db.get(ctx.caller) ?? 0) + action.add);
}`;
const DEPLOYMENT = { engine: engine.id, source: SOURCE, governance: null };
const COUNTER = functionIdOf(DEPLOYMENT);

const folder = await mkdtemp(join(tmpdir(), 'manyhands-long-log-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

it(
  'verifying in full holds the state and anchors, and not the log',
  {
    timeout: 180_000,
  },
  async () => {
    await writeLog();
    const { entryCount, agreedCount, difference, looks } = await verifyHere();
    expect({ entryCount, difference }).toEqual({ entryCount: LONGER, difference: null });
    expect(agreedCount).toBe(LONGER / TILE_WIDTH - 1);
    // The least, since what is read ahead at a look comes and goes.
    const aliveBetween = (start: number, end: number): number => {
      const within = looks.filter((look) => look.entryCount > start && look.entryCount <= end);
      expect(within.length).toBeGreaterThan(1);
      return Math.min(...within.map(({ aliveBytes }) => aliveBytes));
    };
    const grownBytes = aliveBetween(2 * SHORTER, LONGER) - aliveBetween(SHORTER, 2 * SHORTER);
    // Entries that were kept would take thrice as much.
    expect(grownBytes).toBeLessThan((LONGER - 2 * SHORTER) * ANCHOR_BYTES_MAX + AHEAD_BYTES_MAX);
  },
);

/** Writes a log tile by tile; behind each stands a claim of the root. */
async function writeLog(): Promise<void> {
  const processor = openProcessor(engine);
  const reading = new LogReading(idOf(logSigner.signer));
  let edge: LogEdge = { frontier: new Frontier(), lastEntries: [] };
  while (edge.frontier.size < LONGER) {
    const start = edge.frontier.size;
    const root = processor.root();
    const entries = await Promise.all(
      Array.from({ length: TILE_WIDTH }, (_, at) => entryAt(start + at, root)),
    );
    const actions = entries.flatMap((entry, at) => {
      const read = reading.read(start + at, must(decodeEntry(entry)).entry);
      return read.kind === 'action' ? [read.entry] : [];
    });
    await processor.apply(actions);
    const hashed = await Promise.all(
      entries.map(async (entry) => ({ entry, leaf: await leafHash(entry) })),
    );
    const advanced = advanceEdge(edge, hashed);
    edge = advanced.edge;
    for (const { path, bytes } of advanced.files) await write(path, bytes);
  }
  processor.dispose();
  const { size } = edge.frontier;
  const { bytes } = await signCheckpoint(logSigner, { size, root: edge.frontier.root() });
  await write('checkpoint', bytes);
}

/** The entry of a place; `root` is that of all before its tile. */
function entryAt(index: number, root: Uint8Array): Promise<Uint8Array> {
  const anchor = new Uint8Array(32);
  new DataView(anchor.buffer).setFloat64(0, index);
  if (index === 0) {
    return signEntry(ann, actionDraft({ function: 'deploy', body: DEPLOYMENT, anchor }));
  }
  if (index % TILE_WIDTH === 0) {
    return signEntry(logSigner.signer, rootDraft({ index: index - 1, root }, anchor));
  }
  const id = index % COUNTED_EVERY === 1 ? COUNTER : 'nowhere';
  const body = { add: 1, note: NOTE };
  const signer = index % (2 * COUNTED_EVERY) < COUNTED_EVERY ? ann : bob;
  return signEntry(signer, actionDraft({ function: id, body, anchor }));
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

type Told = {
  readonly entryCount: number;
  readonly agreedCount: number;
  readonly difference: unknown;
  readonly looks: readonly { readonly entryCount: number; readonly aliveBytes: number }[];
};

/** Verifies in a process with a small heap. */
async function verifyHere(): Promise<Told> {
  const script = new URL('verifying-process.contract.ts', import.meta.url).pathname;
  const flags = ['--expose-gc', `--max-old-space-size=${HEAP_MIB}`];
  const child = spawn(process.execPath, [...flags, script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (told += part));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
  return JSON.parse(told) as Told;
}

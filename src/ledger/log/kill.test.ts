import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { entryOf, knownSigner, must, policyOf } from '../example-log.contract.ts';
import { trustCheckpoint, type TrustedCheckpoint } from '../notes/policy.ts';
import { provesConsistency } from '../tree/consistency-proof.ts';
import { LogTree } from '../tree/log-tree.ts';
import { openFolderLogStore } from './folder-log-store.ts';
import { LogWriter } from './log-writer.ts';

type Told = { number?: number; index?: number; size?: number; steps?: number };

const log = { name: 'log.example', signer: await knownSigner(1) };
const owner = await knownSigner(2);

/** A log under test: its folder, and what was seen of it until now. */
type KilledLog = {
  readonly folder: string;
  readonly acknowledged: Map<number, number>;
  readonly fullTiles: Map<string, string>;
  last: TrustedCheckpoint | null;
};

const folders: string[] = [];
async function newLog(): Promise<KilledLog> {
  const folder = await mkdtemp(join(tmpdir(), 'killed-log-'));
  folders.push(folder);
  return { folder, acknowledged: new Map(), fullTiles: new Map(), last: null };
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Appends numbers until done, dead at a step, or killed after so many acknowledgements. */
async function run(
  { folder, acknowledged }: KilledLog,
  options: {
    first: number;
    count: number;
    dieAt?: number;
    killAfter?: number;
  },
): Promise<{ told: Told[]; signal: string | null }> {
  const script = new URL('appending-process.contract.ts', import.meta.url).pathname;
  const numbers = [options.first, options.count, options.dieAt ?? 0].map(String);
  const child = spawn(process.execPath, [script, folder, ...numbers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    const lines = text.split('\n').length;
    if (options.killAfter !== undefined && lines > options.killAfter) child.kill('SIGKILL');
  });
  const signal = await new Promise<string | null>((resolve) =>
    child.once('close', (_, name) => resolve(name)),
  );
  const told = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Told);
  for (const { number, index } of told) {
    if (number !== undefined && index !== undefined) acknowledged.set(number, index);
  }
  return { told, signal };
}

/** Opens the log as the next process would, and checks all that must hold. */
async function checkLog(seen: KilledLog): Promise<void> {
  const { folder, acknowledged, fullTiles, last } = seen;
  const store = must(await openFolderLogStore(folder));
  const writer = must(await LogWriter.open(log, store));
  const signed = must(await writer.publish());
  const trusted = must(await trustCheckpoint(policyOf(log), signed.bytes));
  const tree = must(await LogTree.open(store, trusted.checkpoint));
  // What was shown before is where this log comes from.
  if (last !== null) {
    const hashes = must(await tree.consistencyProof(last.checkpoint.size));
    const claim = { older: last.checkpoint, newer: trusted.checkpoint, hashes };
    if (!provesConsistency(claim)) throw new Error('the log forked');
  }
  seen.last = trusted;
  const read: Uint8Array[] = [];
  for (let tile = 0; tile * 256 < trusted.checkpoint.size; tile++) {
    read.push(...must(await tree.entries(tile)));
  }
  // Nothing that was acknowledged is lost or elsewhere, and nothing is there twice.
  for (const [number, index] of acknowledged) {
    const expected = await entryOf(owner, number);
    if (!Buffer.from(read[index] ?? []).equals(expected)) throw new Error(`lost ${number}`);
  }
  const different = new Set(read.map((entry) => Buffer.from(entry).toString('hex')));
  if (different.size !== read.length) throw new Error('an entry stands in the log twice');
  for (const file of await readdir(join(folder, 'log'), { recursive: true })) {
    if (!/^tile\/[^.]*\d{3}$/.test(file)) continue;
    const bytes = await readFile(join(folder, 'log', file)).catch(() => null);
    if (bytes === null) continue;
    const digest = createHash('sha256').update(bytes).digest('hex');
    if ((fullTiles.get(file) ?? digest) !== digest) throw new Error(`two versions of ${file}`);
    fullTiles.set(file, digest);
  }
  await writer.close();
}

describe('a log whose process is killed', () => {
  it(
    'at each step that changes the disk, loses nothing acknowledged and shows one history',
    { timeout: 300_000 },
    async () => {
      // Two logs, for two cores. A tile gets full while partial ones are there.
      const logs = await Promise.all([newLog(), newLog()]);
      const ends = await Promise.all(
        logs.map(async (one) => {
          await run(one, { first: 0, count: 220 });
          return run(one, { first: 1_000, count: 8 });
        }),
      );
      const steps = ends[0]?.told.at(-1)?.steps ?? 0;
      expect(steps).toBeGreaterThan(20);
      const deaths = logs.map(async (one, lane) => {
        const signals: (string | null)[] = [];
        for (let dieAt = 1 + lane; dieAt <= steps; dieAt += logs.length) {
          const { signal } = await run(one, { first: 2_000 + dieAt * 8, count: 8, dieAt });
          signals.push(signal);
          await checkLog(one);
        }
        return signals;
      });
      const signals = (await Promise.all(deaths)).flat();
      expect(signals.filter((signal) => signal === 'SIGKILL').length).toBeGreaterThan(steps * 0.8);
      for (const { acknowledged, fullTiles } of logs) {
        expect(acknowledged.size).toBeGreaterThan(230);
        expect(fullTiles.size).toBeGreaterThan(1);
      }
    },
  );

  it(
    'from outside, in the middle of its work, again and again, loses nothing',
    { timeout: 120_000 },
    async () => {
      const one = await newLog();
      for (let round = 0; round < 4; round++) {
        const killAfter = 20 + round * 31;
        const { signal } = await run(one, { first: round * 1_000, count: 1_000, killAfter });
        expect(signal).toBe('SIGKILL');
        await checkLog(one);
      }
      expect(one.acknowledged.size).toBeGreaterThan(200);
    },
  );
});

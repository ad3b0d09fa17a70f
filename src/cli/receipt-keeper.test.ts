import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKeyFile } from '../agent/native/index.ts';
import { AGENT_RECEIPTS_MAX } from '../domain/limits.ts';
import { publicKeyOf } from '../integrity/index.ts';
import { parsePolicy, parseVerifierKey, verifyReceipt } from '../ledger/index.ts';
import { ledgerAt } from '../orchestrator/record/record-client.contract.ts';
import { startForTest, until, valueOf } from '../orchestrator/volunteer.contract.ts';
import { creditSquares } from './credited-volunteer.contract.ts';
import { logFileName } from './pins-folder.ts';
import { keepReceipts, receiptsFolderOf } from './receipt-keeper.ts';

const folder = await mkdtemp(join(tmpdir(), 'manyhands-keeper-'));
const keyFile = join(folder, 'agent-key.pem');
const key = valueOf(await openKeyFile(keyFile));
const { url, apiKey } = await startForTest({ creditEvery: 50, publishEvery: 50 });
const record = ledgerAt(url);
const receiptsFolder = receiptsFolderOf(keyFile);

/** A keeper that is told of so many reported tasks. */
function keeperOf(tasksReported: number) {
  const notes: string[] = [];
  const options = { folder: receiptsFolder, everyMs: 20, note: (line: string) => notes.push(line) };
  const keeper = keepReceipts(options);
  onTestFinished(() => keeper.end());
  const counters = {
    ...{ tasksLeased: 0, tasksComputed: 0, rowsComputed: 0, tasksReported, tasksFailed: 0 },
    ...{ tasksDropped: 0, tasksLate: 0, computeMs: 0 },
  };
  keeper.follow({ agent: key.agent, orchestrator: url, phase: 'working', counters });
  return { keeper, notes };
}

describe('an agent that keeps its receipts', { timeout: 60_000 }, () => {
  it('has one of each entry that credits it, beside its key', async () => {
    const { keeper, notes } = keeperOf(12);
    await creditSquares({ url, apiKey, key, rows: 12 });
    const { verifierKey, policy } = await record.getRecord({});
    const log = valueOf(parseVerifierKey(verifierKey));
    const where = join(receiptsFolder, logFileName(log));
    const wanted = await creditedEntries();
    await until(async () => (await filesIn(where)).length === wanted.length);
    await keeper.end();
    expect(await filesIn(where)).toEqual(wanted.map((index) => `entry-${index}.receipt`).sort());
    const believed = valueOf(parsePolicy(new TextEncoder().encode(policy)));
    for (const name of await filesIn(where)) {
      const bytes = new Uint8Array(await readFile(join(where, name)));
      expect((await verifyReceipt(believed, bytes)).ok).toBe(true);
    }
    expect({ notes, kept: keeper.keptCount() }).toEqual({ notes: [], kept: wanted.length });
  });

  it('fetches again what is gone, and keeps no more than it may', async () => {
    const { verifierKey } = await record.getRecord({});
    const where = join(receiptsFolder, logFileName(valueOf(parseVerifierKey(verifierKey))));
    const wanted = await creditedEntries();
    await rm(where, { recursive: true });
    const first = keeperOf(1);
    await until(async () => (await filesIn(where)).length === wanted.length);
    await first.keeper.end();
    // As many as may be kept, all newer than what is credited now.
    const newer = Array.from({ length: AGENT_RECEIPTS_MAX }, (_, at) => 1_000_000 + at);
    await Promise.all(
      newer.map((index) => writeFile(join(where, `entry-${index}.receipt`), 'newer')),
    );
    const second = keeperOf(1);
    await until(async () => (await filesIn(where)).length === AGENT_RECEIPTS_MAX);
    await second.keeper.end();
    expect(await filesIn(where)).toEqual(newer.map((index) => `entry-${index}.receipt`).sort());
  });

  it('says once that it cannot keep any', async () => {
    await rm(receiptsFolder, { recursive: true, force: true });
    await writeFile(receiptsFolder, 'in the way');
    const { keeper, notes } = keeperOf(1);
    await until(() => Promise.resolve(notes.length > 0));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await keeper.end();
    expect(notes).toEqual([expect.stringMatching(/^No receipts are kept: .* cannot be used/)]);
  });
});

async function filesIn(where: string): Promise<readonly string[]> {
  return (await readdir(where).catch(() => [])).filter((name) => !name.startsWith('.')).sort();
}

/** Places of the entries that credit the key. */
async function creditedEntries(): Promise<readonly number[]> {
  const { entries } = await record.listCredits({ publicKey: valueOf(publicKeyOf(key.agent)) });
  return entries.map(({ index }) => Number(index));
}

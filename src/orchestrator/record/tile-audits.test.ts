import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { encodeCanonical, generateSigningKey, messageSignerOf } from '../../integrity/index.ts';
import { signEntry, TILE_WIDTH } from '../../ledger/index.ts';
import { LedgerService } from '../../wire/index.ts';
import { startOrchestrator } from '../orchestrator.ts';
import {
  producerOf,
  startForTest,
  testConfig,
  until,
  valueOf,
  volunteerAt,
} from '../volunteer.contract.ts';

describe('a tile of the record that closes', () => {
  it('is audited by volunteers, who find what the tree has', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines);
    const orchestrator = await startForTest({ publishEvery: 50 }, { logger });
    const { url } = orchestrator;
    await submitEntries(url, { from: 0, count: TILE_WIDTH + 1 });
    const { jobs } = producerOf(orchestrator);
    const listed = await until(async () => (await jobs.listJobs({})).jobs[0]);
    expect(listed).toMatchObject({
      name: 'Audit: entries 0 to 255 of the record',
      workload: 'audit',
      rowCount: BigInt(TILE_WIDTH),
    });
    const volunteer = await volunteerAt(url);
    const { jobId } = listed;
    const audited = until(async () => lines.find((line) => line.startsWith('tile of the record')));
    await volunteer.workUntil(audited);
    expect(await audited).toBe('tile of the record audited {"tile":0}');
    const { job } = await jobs.getJob({ jobId });
    expect(job?.checks).toContain('recompute-rows');
    // Its one tile, and only once.
    expect((await jobs.listJobs({})).jobs).toHaveLength(1);
  });

  it('is not written as a blob again by each start', { timeout: 60_000 }, async () => {
    const config = testConfig({ publishEvery: 50 });
    const first = valueOf(await startOrchestrator(config));
    await submitEntries(first.url, { from: 0, count: TILE_WIDTH - 100 });
    const before = await filesIn(first.dataFolder);
    await submitEntries(first.url, { from: TILE_WIDTH, count: 100 });
    await until(async () => (await producerOf(first).jobs.listJobs({})).jobs.length === 1);
    const blobs = (await filesIn(first.dataFolder)).filter((name) => !before.includes(name));
    expect(blobs.length).toBeGreaterThan(0);
    await first.close();
    for (const name of blobs) await rm(name);
    const second = valueOf(await startOrchestrator(config));
    // The next tile's turn comes after that of the one before.
    await submitEntries(second.url, { from: 1_000, count: TILE_WIDTH });
    await until(async () => (await producerOf(second).jobs.listJobs({})).jobs.length === 2);
    const now = await filesIn(first.dataFolder);
    expect(now.filter((name) => blobs.includes(name))).toEqual([]);
    await second.close();
  });
});

async function submitEntries(
  url: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const ledger = createClient(LedgerService, transport);
  const signer = messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
  for (let number = from; number < from + count; number++) {
    const anchor = new Uint8Array(32).fill(number % 256).with(1, number >> 8);
    const body = encodeCanonical({ number });
    const entry = await signEntry(signer, { target: null, anchor, tags: [], body });
    await ledger.submitEntry({ entry });
  }
}

/** The files of blocks. */
async function filesIn(dataFolder: string): Promise<readonly string[]> {
  const folder = join(dataFolder, 'blocks');
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

function loggerInto(lines: string[]) {
  const log = (message: string, { tile }: { tile?: unknown } = {}): void =>
    void lines.push(`${message} ${JSON.stringify({ tile })}`);
  return { debug: log, info: log, warn: log, error: log };
}

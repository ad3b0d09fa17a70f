import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { encodeCanonical, generateSigningKey, messageSignerOf } from '../../integrity/index.ts';
import { signEntry, TILE_WIDTH } from '../../ledger/index.ts';
import { LedgerService } from '../../wire/index.ts';
import { producerOf, startForTest, until, valueOf, volunteerAt } from '../volunteer.contract.ts';

describe('a tile of the record that closes', () => {
  it('is audited by volunteers, who find what the tree has', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines);
    const orchestrator = await startForTest({ publishEvery: 50 }, { logger });
    const { url } = orchestrator;
    const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
    const ledger = createClient(LedgerService, transport);
    const signer = messageSignerOf(valueOf(await generateSigningKey({ extractable: false })));
    for (let number = 0; number <= TILE_WIDTH; number++) {
      const anchor = new Uint8Array(32).fill(number % 256).with(1, number >> 8);
      const body = encodeCanonical({ number });
      const entry = await signEntry(signer, { target: null, anchor, tags: [], body });
      await ledger.submitEntry({ entry });
    }
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
});

function loggerInto(lines: string[]) {
  const log = (message: string, { tile }: { tile?: unknown } = {}): void =>
    void lines.push(`${message} ${JSON.stringify({ tile })}`);
  return { debug: log, info: log, warn: log, error: log };
}

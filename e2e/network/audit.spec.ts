import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCanonical, generateSigningKey, messageSignerOf } from '../../src/integrity/index.ts';
import { signEntry, TILE_WIDTH } from '../../src/ledger/index.ts';
import { jobFromWire, LedgerService } from '../../src/wire/index.ts';
import { certain, producerOf } from './client.ts';
import { freePort, startNetwork, until } from './processes.ts';
import { openTab } from './tab.ts';

const data = mkdtempSync(join(tmpdir(), 'manyhands-audit-'));
test.afterAll(() => rmSync(data, { recursive: true, force: true }));

test('a tab audits a tile of the record', async ({ browser }) => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const network = await startNetwork({ port, data, args: ['--no-welcome-job'] });
  const tab = await openTab(browser, { url, backend: 'WASM' });
  try {
    await fillTile(url);
    const { jobs, network: live } = producerOf(url, data);
    await until('the audit to be done', async () => {
      const [job] = (await jobs.listJobs({})).jobs;
      if (job === undefined) return false;
      const { workload, state } = certain(jobFromWire(job));
      return workload === 'audit' && state === 'done';
    });
    const { agents } = await live.getNetwork({});
    expect(agents.map(({ accepted, rejected }) => [accepted > 0n, rejected])).toEqual([[true, 0n]]);
    await until('the orchestrator to say so', async () =>
      network.stderr.includes('tile of the record audited'),
    );
  } finally {
    await network.killHard();
    await tab.context.close();
  }
});

/** Puts in so many entries of one key that a tile is full. */
async function fillTile(url: string): Promise<void> {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
  const ledger = createClient(LedgerService, transport);
  const signer = messageSignerOf(certain(await generateSigningKey({ extractable: false })));
  for (let number = 0; number < TILE_WIDTH; number++) {
    const anchor = new Uint8Array(32).fill(number);
    const body = encodeCanonical({ number });
    const entry = await signEntry(signer, { target: null, anchor, tags: [], body });
    await ledger.submitEntry({ entry });
  }
}

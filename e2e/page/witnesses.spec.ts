import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVerifierKey, parseVerifierKey, verifierKeyOf } from '../../src/ledger/index.ts';
import { certain } from '../network/client.ts';
import { freePort, startNetwork } from '../network/processes.ts';
import { complaintsOf } from './page-network.ts';
import { recordWriter } from './record-writer.ts';

test('the ledger tells who cosigned it, and follows nothing that its witness did not see', async ({
  page,
}) => {
  const complaints = complaintsOf(page);
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-witnesses-'));
  const [port, witnessPort] = [await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const witnessUrl = `http://localhost:${witnessPort}`;
  const args = ['--no-welcome-job', '--disk-reserve', '0', '--publish-every', '100'];
  const at = (name: string): string => join(folder, name);
  const log = { port, data: at('log') };
  // The log is there first: its witness follows no other.
  const first = await startNetwork({ ...log, args });
  const writer = await recordWriter(url);
  const { verifierKey } = await writer.ledger.getRecord({});
  await first.interrupt();
  writeFileSync(at('watched'), `log ${verifierKey}\nquorum none\n`);
  const watching = [...args, '--record-policy', at('watched')];
  const witness = await startNetwork({ port: witnessPort, data: at('witness'), args: watching });
  const theirs = await (await recordWriter(witnessUrl)).ledger.getRecord({});
  const { publicKey } = certain(parseVerifierKey(theirs.verifierKey));
  const cosigner = { name: theirs.origin, type: 'cosignature', publicKey } as const;
  const key = formatVerifierKey(certain(verifierKeyOf(cosigner)));
  writeFileSync(at('policy'), `witness alice ${key} ${witnessUrl}/record\nquorum alice\n`);
  const cosigned = [...args, '--record-policy', at('policy')];
  const network = await startNetwork({ ...log, args: cosigned });

  await writer.write('credits', { kind: 'join', team: 'red' });
  await page.goto(`${url}/ledger`);
  await expect(page.getByText('1 of 1 saw this checkpoint')).toBeVisible();
  await expect(page.getByText(/^alice, \w/)).toBeVisible();
  const panel = page.getByRole('region', { name: 'Verify in this tab' });
  await panel.getByRole('button', { name: 'Verify', exact: true }).click();
  await expect(panel.getByText(/and by the witnesses that its policy asks for/)).toBeVisible();

  // Whoever saw no cosignature yet believes nothing that is behind it.
  await witness.killHard();
  await writer.write('credits', { kind: 'join', team: 'blue' });
  await expect(page.getByText(/^\d+ to be signed in a moment$/)).toBeVisible();
  await expect(page.getByText('1 of 1 saw this checkpoint')).toBeVisible();
  await page.reload();
  await expect(page.getByText('The newest checkpoint is not to be trusted')).toBeVisible();
  await expect(page.getByText('0 of 1 saw this checkpoint')).toBeVisible();
  await expect(panel.getByText(/^Nothing is shown that no trusted checkpoint has\./)).toBeVisible();
  await expect(panel.getByRole('button')).toHaveCount(0);
  // It comes back, and cosigns what grew meanwhile.
  const back = await startNetwork({ port: witnessPort, data: at('witness'), args: watching });
  await expect(page.getByText('1 of 1 saw this checkpoint')).toBeVisible({ timeout: 120_000 });
  await expect(panel.getByRole('button', { name: 'Verify', exact: true })).toBeVisible();
  expect(complaints).toEqual([]);
  await Promise.all([network.killHard(), back.killHard()]);
  rmSync(folder, { recursive: true, force: true });
});

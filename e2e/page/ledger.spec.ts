import { expect, type Page } from '@playwright/test';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeForkProof,
  parsePolicy,
  parseVerifierKey,
  provesFork,
  verifyReceipt,
} from '../../src/ledger/index.ts';
import { certain } from '../network/client.ts';
import { complaintsOf, test, type PageNetwork } from './page-network.ts';
import { recordWriter } from './record-writer.ts';

/** Any key may do this, as often as it likes. */
const joining = (team: string) => ({ kind: 'join', team });
/** The pin is kept; soon the record grows by a claim of its own. */
const SEEN = /^For the first time\.|^It grew out of the one that this browser saw before: /;
const TEAMS = ['red', 'green', 'blue'];

async function verify(page: Page, level: string): Promise<void> {
  const panel = page.getByRole('region', { name: 'Verify in this tab' });
  await panel.getByRole('radio', { name: level }).check();
  await panel.getByRole('button', { name: 'Verify', exact: true }).click();
}

/** What stands in the row of an entry. */
function rowOf(page: Page, index: number) {
  const number = page.getByRole('rowheader', { name: String(index), exact: true });
  return page.getByRole('row').filter({ has: number });
}

async function downloaded(page: Page, press: () => Promise<void>): Promise<Uint8Array> {
  const download = page.waitForEvent('download');
  await press();
  return readFileSync(await (await download).path());
}

/** The record begins anew under the same key, as a dishonest operator would have it. */
async function forget(network: PageNetwork): Promise<void> {
  await network.kill();
  rmSync(join(network.data, 'record'), { recursive: true });
  rmSync(join(network.data, 'functions'), { recursive: true, force: true });
  await network.restart();
}

test('entries are told in words, and their receipts proven by bytes alone', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  const writer = await recordWriter(network.url);
  const index = await writer.write('credits', joining('team-2'));
  await writer.published();
  await page.goto(network.url);
  await page.getByRole('link', { name: 'Ledger' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Ledger' })).toBeVisible();
  const row = rowOf(page, index);
  await expect(row).toContainText('credits: join');
  await expect(row).toContainText(writer.agent.slice(0, 8));
  await row.getByText('All of it').click();
  await expect(row.getByText('"team": "team-2"')).toBeVisible();
  await expect(page.getByText(SEEN).first()).toBeVisible();
  const archive = page.getByRole('region', { name: 'Archive' });
  await expect(archive.getByText(/for more of their tile, or until/)).toBeVisible();
  const receipt = await downloaded(page, () => row.getByRole('button').click());
  const { policy } = await writer.ledger.getRecord({});
  const trusted = certain(parsePolicy(new TextEncoder().encode(policy)));
  const proven = certain(await verifyReceipt(trusted, receipt));
  expect({ index: proven.index, owner: proven.entry.owner }).toEqual({
    index,
    owner: writer.agent,
  });
  // A new entry appears by itself.
  const next = await writer.write('credits', joining('team-1'));
  await expect(rowOf(page, next)).toContainText('credits: join');
  await page.reload();
  await expect(page.getByText('It grew out of the one that this browser saw before')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('the record is verified in the tab at each level, also without a mouse', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  const writer = await recordWriter(network.url);
  for (const team of TEAMS) await writer.write('credits', joining(team));
  const size = await writer.published();
  await page.goto(`${network.url}/ledger`);
  await expect(page.getByText(SEEN).first()).toBeVisible();
  const panel = page.getByRole('region', { name: 'Verify in this tab' });
  await panel.getByRole('button', { name: 'Verify', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(panel.getByText('It holds')).toBeVisible();
  await expect(panel.getByText('is signed by the log')).toBeVisible();
  await verify(page, 'My credits');
  await expect(panel.getByText(/The row is in the state that entry \d+ claims/)).toBeVisible();
  await verify(page, '256 entries');
  await expect(panel.getByText(/stand at their places/)).toBeVisible();
  await verify(page, 'Everything');
  await expect(panel.getByText(/evaluated again/).first()).toBeVisible();
  await expect(panel.getByText(/came to \d+ states? that the log had claimed/)).toBeVisible();
  expect(size).toBeGreaterThan(3);
  expect(complaints).toEqual([]);
});

test('a row is proven at the first try while the record grows without pause', async ({
  page,
  network,
}) => {
  const writer = await recordWriter(network.url);
  await writer.write('credits', joining('team-1'));
  await page.goto(`${network.url}/ledger`);
  await expect(page.getByText(SEEN).first()).toBeVisible();
  const [panel, reads, stopping] = [
    page.getByRole('region', { name: 'Verify in this tab' }),
    new Map<number, number>(),
    new AbortController(),
  ];
  const writing = (async () => {
    while (!stopping.signal.aborted) {
      await writer.write('credits', joining(`team-${Date.now()}`));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  let time = 0;
  page.on('request', (request) => {
    if (request.url().includes('/ReadState')) reads.set(time, (reads.get(time) ?? 0) + 1);
  });
  for (time = 1; time <= 3; time++) {
    await verify(page, 'My credits');
    await expect(panel.getByText(/The row is in the state that entry \d+ claims/)).toBeVisible();
    await verify(page, 'Checkpoint');
    await expect(panel.getByText('The row is in the state')).toBeHidden();
  }
  stopping.abort();
  await writing;
  // The first time it may be that nothing is claimed yet.
  expect([reads.get(2), reads.get(3)]).toEqual([1, 1]);
});

test('an entry that was changed on its way is named', async ({ page, network }) => {
  const writer = await recordWriter(network.url);
  const index = await writer.write('credits', joining('team-1'));
  await writer.published();
  await page.route('**/record/tile/entries/**', async (route) => {
    const answer = await route.fetch();
    const bytes = Buffer.from(await answer.body());
    // A bit of the entry's last byte: each entry stands behind its length.
    let end = 0;
    for (let at = 0; at <= index; at++) end += 2 + bytes.readUInt16BE(end);
    bytes[end - 1] = (bytes[end - 1] ?? 0) ^ 1;
    await route.fulfill({ response: answer, body: bytes });
  });
  await page.goto(`${network.url}/ledger`);
  await expect(page.getByText('These entries cannot be shown')).toBeVisible();
  await verify(page, 'Everything');
  await expect(page.getByText('It does not hold')).toBeVisible();
  await expect(page.getByText(`The first entry that differs is number ${index}`)).toBeVisible();
});

test('a log that showed this browser another history is caught, with the proof', async ({
  page,
  network,
}) => {
  const writer = await recordWriter(network.url);
  await writer.write('credits', joining('team-1'));
  await writer.published();
  await page.goto(`${network.url}/ledger`);
  await expect(page.getByText(SEEN).first()).toBeVisible();
  await forget(network);
  for (const team of TEAMS) await writer.write('credits', joining(team));
  await writer.published();
  await page.reload();
  const banner = page.getByRole('alert').filter({ hasText: 'This log showed two histories' });
  await expect(banner).toBeVisible();
  const press = () => banner.getByRole('button', { name: 'Download the proof' }).click();
  const proof = certain(decodeForkProof(await downloaded(page, press)));
  const key = certain(parseVerifierKey((await writer.ledger.getRecord({})).verifierKey));
  expect(await provesFork(key, proof)).toBe(true);
  // It stays so.
  await page.reload();
  await expect(banner).toBeVisible();
});

test('another key at this address is told, and followed only on demand', async ({
  page,
  network,
}) => {
  const writer = await recordWriter(network.url);
  await writer.write('credits', joining('team-1'));
  await writer.published();
  await page.goto(`${network.url}/ledger`);
  await expect(page.getByText(SEEN).first()).toBeVisible();
  await network.kill();
  for (const name of ['record', 'functions', 'record-key.pem']) {
    rmSync(join(network.data, name), { recursive: true, force: true });
  }
  await network.restart();
  await writer.write('credits', joining('team-1'));
  await writer.published();
  await page.reload();
  const notice = page.getByRole('alert').filter({ hasText: 'shows another log than before' });
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'Follow this log from now on' }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByText(SEEN).first()).toBeVisible();
});

for (const [view, options] of Object.entries({
  desktop: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' as const },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true },
})) {
  test(`the ledger fits a ${view} screen`, async ({ browser, network }) => {
    const writer = await recordWriter(network.url);
    for (const team of TEAMS) await writer.write('credits', joining(team));
    await writer.published();
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${network.url}/ledger`);
    await verify(page, '256 entries');
    await expect(page.getByText('It holds')).toBeVisible();
    await page.getByText('All of it').first().click();
    await page.screenshot({ path: `dist/screenshots/ledger-${view}.png`, fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(options.viewport.width);
    await context.close();
  });
}

import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { openRecordKey } from '../../src/orchestrator/record/record-key.ts';
import { certain } from '../network/client.ts';
import { complaintsOf, expectAcceptedWork, test, type PageNetwork } from './page-network.ts';
import { recordWriter } from './record-writer.ts';

/** Works until something is credited, and shows it. */
async function earn(page: Page, network: PageNetwork): Promise<void> {
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.getByRole('link', { name: 'My work' }).click();
  await expect(walkButton(page)).toBeVisible({ timeout: 60_000 });
}

function walkButton(page: Page) {
  return page.getByRole('button', { name: /^Walk through the receipt of entry/ }).last();
}

function stepOf(page: Page, title: string) {
  return page.getByRole('listitem').filter({ has: page.getByText(title, { exact: false }) });
}

const HELD = [
  'Credited by the ledger’s own key',
  'The entry is signed',
  'It stands in the ledger',
  'The ledger signed that root',
];

test('a tab that did nothing is told so, and how to begin', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/work`);
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  await page.getByRole('link', { name: 'Start contributing' }).click();
  await expect(page.getByRole('button', { name: 'Start contributing' })).toBeVisible();
  expect(complaints).toEqual([]);
});

test('accepted work is walked from the task to the total, each step verified in the tab', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await earn(page, network);
  await walkButton(page).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /^The receipt of entry \d/ })).toBeFocused();
  for (const title of HELD) {
    await expect(stepOf(page, title).getByText('Verified', { exact: true })).toBeVisible();
  }
  const task = stepOf(page, 'The task').first();
  await expect(task.getByText('As the ledger signed it')).toBeVisible();
  const total = stepOf(page, 'It counts in your total');
  await expect(total.getByText('Verified', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(total.getByText(/proven against the state that entry \d/)).toBeVisible();
  expect(complaints).toEqual([]);
});

test('a key in quarantine reads why, and appeals under its own signature', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/work`);
  const own = page.getByText(/^[A-Za-z0-9_-]{43}$/);
  await expect(own).toBeVisible();
  const key = (await own.textContent()) ?? '';
  await expect(page.getByRole('heading', { name: 'In quarantine' })).toBeHidden();
  // Only the log's key judges, until a network names others.
  const log = certain(await openRecordKey(network.data));
  const judge = await recordWriter(network.url, log);
  const untilMs = Date.now() + 3_600_000;
  const evidence = 'a product was wrong';
  await judge.write('standing', { kind: 'quarantine', key, untilMs, evidence });
  const panel = page.getByRole('region', { name: 'In quarantine' });
  await expect(panel).toContainText('a product was wrong');
  await panel.getByLabel('Was it not your doing? Say so').fill('My driver was broken.');
  await panel.getByRole('button', { name: 'Sign and appeal' }).focus();
  await page.keyboard.press('Enter');
  await expect(panel.getByText('You appealed on', { exact: false })).toBeVisible();
  await expect(panel).toContainText('My driver was broken.');
  await expect(panel).toContainText('A judge has yet to decide.');
  await expect(panel.getByRole('button', { name: 'Sign and appeal' })).toBeHidden();
  await judge.write('standing', { kind: 'amnesty', words: 'the checks were wrong' });
  await expect(panel).toBeHidden();
  expect(complaints).toEqual([]);
});

test('a receipt that was downloaded is verified without the network, and a changed one is not', async ({
  page,
  network,
}) => {
  await earn(page, network);
  const download = page.waitForEvent('download');
  await page
    .getByRole('button', { name: /^Download the receipt of entry/ })
    .last()
    .click();
  const bytes = readFileSync(await (await download).path());
  await network.kill();
  const open = (buffer: Buffer): Promise<void> =>
    page
      .getByLabel('Open receipts')
      .setInputFiles({ name: 'given.tlog-proof', mimeType: '', buffer });
  await open(bytes);
  await expect(page.getByText('1 receipt verified: every step holds.')).toBeVisible();
  // A digit of the index: the same entry at another place.
  const changed = bytes.toString('latin1').replace(/^index (\d+)$/m, (_, index) => {
    return `index ${Number(index) + 1}`;
  });
  await open(Buffer.from(changed, 'latin1'));
  await expect(page.getByText('Of 1 receipt, 1 cannot be proven')).toBeVisible();
  await expect(stepOf(page, 'It stands in the ledger').getByText('Does not hold')).toBeVisible();
  await open(Buffer.from('nonsense'));
  await expect(page.getByText('This file is no receipt')).toBeVisible();
});

for (const [view, options] of Object.entries({
  desktop: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' as const },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true },
})) {
  test(`my work fits a ${view} screen`, async ({ browser, network }) => {
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await earn(page, network);
    await walkButton(page).click();
    const total = stepOf(page, 'It counts in your total');
    await expect(total.getByText('Verified', { exact: true })).toBeVisible({ timeout: 60_000 });
    await page.screenshot({ path: `dist/screenshots/work-${view}.png`, fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(options.viewport.width);
    await context.close();
  });
}

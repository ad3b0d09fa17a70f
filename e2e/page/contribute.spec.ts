import { expect } from '@playwright/test';
import { AGENT_SILENT_MS } from '../../src/domain/limits.ts';
import { reluJob } from '../network/relu-job.ts';
import {
  agentCount,
  complaintsOf,
  expectAcceptedWork,
  headlinesOf,
  tally,
  test,
} from './page-network.ts';

/** Well under the silence after which an orchestrator gives an agent up. */
const AT_ONCE_MS = AGENT_SILENT_MS / 4;

test('a visitor presses one button, and work is accepted', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(complaints).toEqual([]);
});

test('pause ends computing at once and hands tasks back; resume goes on', async ({
  page,
  network,
}) => {
  // More than a tab computes while this test runs.
  for (let job = 0; job < 8; job++) await network.producer.submit(reluJob(16_384));
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('status')).toContainText('Paused');
  await expect.poll(() => agentCount(network), { timeout: AT_ONCE_MS }).toBe(0);
  const computed = await tally(page, 'Computed');
  await page.waitForTimeout(1_000);
  expect(await tally(page, 'Computed')).toBe(computed);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => tally(page, 'Computed')).toBeGreaterThan(computed);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('status')).toContainText('Stopped');
  await expect.poll(() => agentCount(network), { timeout: AT_ONCE_MS }).toBe(0);
});

test('a closed tab hands its tasks back at once', async ({ context, network }) => {
  const page = await context.newPage();
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.close();
  await expect.poll(() => agentCount(network), { timeout: AT_ONCE_MS }).toBe(0);
});

test('a second tab says where computing goes on, and takes over', async ({ context, network }) => {
  const first = await context.newPage();
  await first.goto(network.url);
  await first.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(first);
  const second = await context.newPage();
  await second.goto(network.url);
  await expect(second.getByRole('status')).toContainText('Running in another tab');
  await second.getByRole('button', { name: 'Continue here when it closes' }).click();
  await expect(second.getByRole('status')).toContainText('Next in line');
  await first.close();
  await expect(second.getByRole('button', { name: 'Pause' })).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => agentCount(network)).toBe(1);
});

test('stop is said at once, and no other tab is blamed', async ({ page, network }) => {
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  const said = await headlinesOf(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('status')).toContainText('Stopped');
  // Longer than a tab takes to look again whether another one computes.
  await page.waitForTimeout(2_500);
  expect((await said()).at(-1)).toBe('Stopped');
  expect(await said()).not.toContain('Running in another tab');
});

test('an agent whose worker dies is replaced, and work goes on', async ({ page, network }) => {
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  const accepted = await tally(page, 'Accepted');
  const agentWorkers = () => page.workers().filter((worker) => worker.url().includes('agent.'));
  expect(agentWorkers()).toHaveLength(1);
  // Ends it without a word, as a browser does that is short of memory.
  await agentWorkers()[0]
    ?.evaluate(() => close())
    .catch(() => undefined);
  await expect.poll(agentWorkers).toHaveLength(0);
  await expect.poll(() => tally(page, 'Accepted'), { timeout: 60_000 }).toBeGreaterThan(accepted);
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
});

test('a killed orchestrator is waited for, with a reason, and work goes on', async ({
  page,
  network,
}) => {
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  const accepted = await tally(page, 'Accepted');
  await network.kill();
  await expect(page.getByRole('status')).toContainText('Reconnecting', { timeout: 30_000 });
  await expect(page.getByRole('timer')).toContainText('Tries again in');
  await network.restart();
  await expect.poll(() => tally(page, 'Accepted'), { timeout: 60_000 }).toBeGreaterThan(accepted);
});

test('the key outlives a reload and cannot be read by scripts', async ({ page, network }) => {
  await page.goto(network.url);
  const key = page.getByText('Your key').locator('..').locator('dd');
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  const before = await key.textContent();
  await page.reload();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expect(key).toHaveText(before ?? 'a key');
  const extractable = await page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name ?? '');
    const found: boolean[] = [];
    for (const name of names) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const values = await new Promise<{ privateKey?: CryptoKey }[]>((resolve) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
        });
        for (const { privateKey } of values) if (privateKey) found.push(privateKey.extractable);
      }
      database.close();
    }
    return found;
  });
  expect(extractable).toEqual([false]);
});

test('a lost GPU is opened again, and work goes on', async ({ page, browser, network }) => {
  await page.goto(network.url);
  await page.getByRole('radio', { name: 'WebGPU' }).check();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.getByText('Every calculation, and where it runs').click();
  await expect(page.getByRole('row', { name: /Matrix product.*WebGPU/ }).first()).toBeVisible();
  const accepted = await tally(page, 'Accepted');
  const session = await browser.newBrowserCDPSession();
  // Answers with the death of the process that would answer.
  await session.send('Browser.crashGpuProcess').catch(() => undefined);
  await expect.poll(() => tally(page, 'Accepted'), { timeout: 60_000 }).toBeGreaterThan(accepted);
  expect(await tally(page, 'Rejected')).toBe(0);
});

test('a GPU that is lost again and again is given up, and the page says so', async ({
  page,
  browser,
  network,
}) => {
  for (let job = 0; job < 8; job++) await network.producer.submit(reluJob(16_384));
  await page.goto(network.url);
  await page.getByRole('radio', { name: 'WebGPU' }).check();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.getByText('Every calculation, and where it runs').click();
  const session = await browser.newBrowserCDPSession();
  const wasm = page.getByRole('row', { name: /Matrix product.*WebAssembly.*did not pass/ }).first();
  await expect(async () => {
    await session.send('Browser.crashGpuProcess').catch(() => undefined);
    await expect(wasm).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 90_000 });
  const accepted = await tally(page, 'Accepted');
  await expect.poll(() => tally(page, 'Accepted'), { timeout: 60_000 }).toBeGreaterThan(accepted);
  expect(await tally(page, 'Rejected')).toBe(0);
});

test('nothing scrolls sideways at 320 pixels', async ({ page, network }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of ['/', '/network']) {
    await page.goto(`${network.url}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      320,
    );
  }
});

test('everything is reached by keyboard alone', async ({ page, network }) => {
  await page.goto(network.url);
  await page.waitForSelector('button');
  const start = page.getByRole('button', { name: 'Start contributing' });
  for (let presses = 0; presses < 12; presses++) {
    if (await start.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('Tab');
  }
  await expect(start).toBeFocused();
  await page.keyboard.press('Enter');
  await expectAcceptedWork(page);
});

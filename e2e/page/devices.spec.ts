import { expect } from '@playwright/test';
import { OPERATORS } from '../../src/domain/operator.ts';
import { joinDevices } from './joined-devices.ts';
import { complaintsOf, test } from './page-network.ts';

test.use({ browserOf: 'devices' });

/** The page looks every ten seconds. */
const LOOK_MS = 15_000;
/** Half a second for each calculation on each of two backends, and what a software GPU adds. */
const TEST_MS = 120_000;

test('the table tells which devices compute what rightly', async ({ browser, page, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/devices`);
  await expect(page.getByText('No device has joined')).toBeVisible();
  await joinDevices(browser, network);
  await page.reload();
  const rows = page.getByRole('table').getByRole('row');
  const acme = rows.filter({ hasText: 'acme broken-9000' });
  await expect(acme).toHaveCount(1, { timeout: LOOK_MS });
  await expect(acme).toContainText('1 on some devices only');
  await expect(rows.filter({ hasText: 'SwiftShader' }).first()).toContainText('All 3 right');
  await expect(rows.filter({ hasText: 'Native CPU' })).toHaveCount(0);
  await expect(rows.filter({ hasText: 'Node 24' })).toHaveCount(1);

  // By keyboard: what failed, then the filters.
  await acme.getByText('What failed').focus();
  await page.keyboard.press('Enter');
  await expect(acme.getByText('wrong on 1 of 2 keys')).toBeVisible();
  const onlyFailures = page.getByRole('checkbox', { name: 'Only with failures' });
  await onlyFailures.focus();
  await page.keyboard.press('Space');
  await expect(rows).toHaveCount(2);
  await page.getByRole('radio', { name: 'WASM' }).focus();
  await page.keyboard.press('Space');
  await expect(page.getByText('No device is left by these filters.')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: '0 of' })).toBeVisible();
  expect(complaints).toEqual([]);

  const answer = await page.request.get(`${network.url}/conformance.json`);
  expect(answer.headers()['content-type']).toBe('application/json');
  const { devices, note } = await answer.json();
  expect(note).toContain('claims of strangers');
  expect(devices).toHaveLength(4);
});

test('a volunteer tests this device, and publishes the result or not', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/devices`);
  const panel = page.getByRole('region', { name: 'Test this device' });
  await expect(panel).toContainText(/admits these kernels: entry \d+ of the record proves it/);
  // By keyboard: it is begun, and stopped.
  await panel.getByRole('button', { name: 'Test this device' }).focus();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('progressbar')).toBeVisible();
  await panel.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('progressbar')).toHaveCount(0);

  await panel.getByRole('button', { name: 'Test this device' }).click();
  await expect(panel).toContainText('all right on this device.', { timeout: TEST_MS });
  await panel.getByText('What was measured').click();
  const rows = panel.getByRole('table').getByRole('row');
  await expect(rows).toHaveCount(1 + 2 * OPERATORS.length);
  await expect(rows.filter({ hasText: 'Softmax' }).first()).toContainText(
    /WebGPU\s*Right\s*[\d.,]+ [mµ]s/,
  );
  await expect(panel).toContainText('“Chromium');
  // Nobody was told yet.
  expect((await network.producer.network.listConformance({})).deviceCount).toBe(0);
  await panel.getByRole('button', { name: 'Publish' }).click();
  await expect(panel).toContainText('Published. It counts for Chromium');
  const kinds = page.getByRole('region', { name: 'Devices', exact: true });
  await kinds.getByText('How fast, by 1 key').first().click();
  await expect(kinds.getByText(/^Softmax/).first()).toContainText(/[\d.,]+ [mµ]s/);
  expect(complaints).toEqual([]);
});

test('the table is there after a restart', async ({ browser, page, network }) => {
  await joinDevices(browser, network);
  await page.goto(`${network.url}/devices`);
  await expect(page.getByText('acme broken-9000')).toBeVisible({ timeout: LOOK_MS });
  // It is written ten seconds behind the first joining at the latest.
  await page.waitForTimeout(11_000);
  await network.kill();
  await network.restart();
  await page.reload();
  await expect(page.getByText('acme broken-9000')).toBeVisible();
});

import { expect } from '@playwright/test';
import { joinDevices } from './joined-devices.ts';
import { complaintsOf, test } from './page-network.ts';

/** The page looks every ten seconds. */
const LOOK_MS = 15_000;

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

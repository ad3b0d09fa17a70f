import { expect } from '@playwright/test';
import { simulate, simulationOptions } from '../../src/simulation/index.ts';
import { complaintsOf, test } from './page-network.ts';

test('a simulation in a tab has the very history that Node has', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/simulate`);
  await page.getByLabel('Seed').fill('42');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByText('Every promise kept')).toBeVisible({ timeout: 120_000 });
  const { hash } = await simulate(simulationOptions({ seed: 42 }));
  await expect(page.getByText(hash)).toBeVisible();
  const command = 'npx manyhands simulate --seed 42 --agents 8 --minutes 3';
  await expect(page.getByText(command, { exact: true })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Timeline of \d+ lanes/ })).toBeVisible();
  expect(complaints).toEqual([]);
});

test('the timeline is read by keyboard, by pointer and as tables', async ({ page, network }) => {
  await page.goto(`${network.url}/simulate`);
  await page.getByRole('button', { name: 'Run' }).click();
  const moments = page.getByRole('slider', { name: 'Moment' });
  await expect(moments).toBeVisible({ timeout: 120_000 });
  const first = await moments.getAttribute('aria-valuetext');
  await moments.press('ArrowRight');
  await expect(moments).not.toHaveAttribute('aria-valuetext', first ?? '');
  await page.getByRole('img', { name: /^Timeline of/ }).click({ position: { x: 0, y: 5 } });
  await expect(moments).toHaveAttribute('aria-valuetext', /^1 of /);
  await page.getByText('All moments').click();
  await expect(page.getByRole('cell', { name: 'Faults are over' })).toBeVisible();
});

test('a simulation can be canceled, and another begun', async ({ page, network }) => {
  await page.goto(`${network.url}/simulate`);
  await page.getByLabel('Virtual minutes').fill('15');
  await page.getByRole('slider', { name: 'Agents' }).fill('40');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('progressbar', { name: 'Simulating' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await page.getByLabel('Virtual minutes').fill('1');
  await page.getByRole('slider', { name: 'Agents' }).fill('3');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByText('Every promise kept')).toBeVisible({ timeout: 120_000 });
});

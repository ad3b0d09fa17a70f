import { expect } from '@playwright/test';
import { test } from './page-network.ts';

test.use({ browserOf: 'lab' });

const RUN_MS = 120_000;

test('how a GPU was tuned is kept by the page', async ({ page, network }) => {
  await page.goto(`${network.url}/lab`);
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('ReLU');
  await page.getByRole('combobox', { name: 'Size' }).selectOption('1 × 768');
  await page.getByRole('checkbox', { name: /Compare/ }).uncheck();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const rows = page.getByRole('region', { name: 'Results' }).getByRole('row');
  const gpu = rows.filter({ hasText: 'Manyhands, WebGPU' });
  await expect(gpu).toContainText('Right', { timeout: RUN_MS });
  const kept = await page.evaluate(async () => {
    const settled = (request: IDBRequest) =>
      new Promise((resolve) => request.addEventListener('success', resolve));
    const opening = indexedDB.open('manyhands-tuning', 1);
    await settled(opening);
    const reading = opening.result.transaction('gpus').objectStore('gpus').getAll();
    await settled(reading);
    return reading.result as string[];
  });
  expect(kept).toEqual([expect.stringContaining('"variants":{"matmul":{"thin":')]);
});

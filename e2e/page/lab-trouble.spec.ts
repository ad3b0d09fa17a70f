import { expect, type Page } from '@playwright/test';
import { LAB_TRIAL_MS_MAX } from '../../src/domain/limits.ts';
import { test } from './page-network.ts';

test.use({ browserOf: 'lab-trouble' });

const RUN_MS = 120_000;
const WORKSHOP = /workshop\.worker/;

/** The Lab with a small calculation chosen. */
async function openLab(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/lab`);
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('Softmax');
  await page.getByRole('combobox', { name: 'Size' }).selectOption('1 × 768');
}

const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
const rows = (page: Page) => page.getByRole('region', { name: 'Results' }).getByRole('row');

test('only the backends that were chosen run, and none is no choice', async ({ page, network }) => {
  await openLab(page, network.url);
  await page.getByRole('checkbox', { name: /Compare/ }).uncheck();
  await page.getByRole('checkbox', { name: 'WebAssembly' }).uncheck();
  await run(page).click();
  await expect(rows(page)).toHaveCount(2, { timeout: RUN_MS });
  await expect(rows(page).nth(1)).toContainText(/Manyhands, WebGPU\s*Right/);
  await page.getByRole('checkbox', { name: 'WebGPU' }).uncheck();
  await expect(run(page)).toBeDisabled();
  await expect(page.getByText('Choose where to compute it first')).toBeVisible();
});

test('a browser without WebGPU is told so, and runs the rest', async ({ page, network }) => {
  await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
  await openLab(page, network.url);
  const webgpu = page.getByRole('checkbox', { name: 'WebGPU, which this browser does not have' });
  await expect(webgpu).toBeDisabled();
  await expect(webgpu).not.toBeChecked();
  await page.getByRole('checkbox', { name: /Compare/ }).uncheck();
  await run(page).click();
  await expect(rows(page)).toHaveCount(2, { timeout: RUN_MS });
  await expect(rows(page).nth(1)).toContainText(/Manyhands, WebAssembly\s*Right/);
});

test('what fails is a row that says why, beside those that ran', async ({ page, network }) => {
  await page.route(/ort.*\.wasm/, (route) => route.abort());
  await openLab(page, network.url);
  await page.getByRole('checkbox', { name: 'WebGPU' }).uncheck();
  await run(page).click();
  await expect(rows(page)).toHaveCount(4, { timeout: RUN_MS });
  await expect(rows(page).filter({ hasText: 'ONNX Runtime' })).toContainText('Did not run: ');
  await expect(rows(page).filter({ hasText: 'Manyhands' })).toContainText('Right');
});

test('a worker that cannot start ends the run with the reason', async ({ page, network }) => {
  await page.route(WORKSHOP, (route) => route.abort());
  await openLab(page, network.url);
  await run(page).click();
  await expect(rows(page)).toHaveCount(7, { timeout: RUN_MS });
  const failed = rows(page).filter({ hasText: 'its script did not load): try again' });
  await expect(failed).toHaveCount(6);
  await expect(page.getByRole('region', { name: 'Against what' })).toHaveCount(0);
});

test('a worker that says nothing is ended after the limit', async ({ page, network }) => {
  await page.clock.install();
  await page.route(WORKSHOP, () => {});
  await openLab(page, network.url);
  await page.getByRole('checkbox', { name: /Compare/ }).uncheck();
  await page.getByRole('checkbox', { name: 'WebGPU' }).uncheck();
  await run(page).click();
  for (const step of ['Measuring what this processor can do', 'Manyhands, WebAssembly']) {
    await expect(page.getByText(`${step}, `, { exact: false }).first()).toBeVisible();
    await page.clock.fastForward(LAB_TRIAL_MS_MAX + 1_000);
  }
  const words = `it did not end within ${LAB_TRIAL_MS_MAX / 1000} s`;
  await expect(rows(page).nth(1)).toContainText(words);
});

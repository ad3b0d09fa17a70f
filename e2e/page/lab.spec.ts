import { existsSync, readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { complaintsOf, test } from './page-network.ts';

test.use({ browserOf: 'lab' });

const MNIST = '../shared/models/mnist.onnx';
const OF_ALL = [
  'Manyhands, WebAssembly',
  'Manyhands, WebGPU',
  'ONNX Runtime, WebAssembly',
  'jax-js, WebAssembly',
  'jax-js, WebGPU',
];
/** A contender runs half a second, and some more to begin; a software GPU is slow. */
const RUN_MS = 120_000;

test('an operator is right on every backend, beside ONNX Runtime', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  const elsewhere: string[] = [];
  await page.goto(`${network.url}/lab`);
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('Softmax');
  await page.getByRole('combobox', { name: 'Size' }).selectOption('128 × 768');
  // All that a run loads are files of the page.
  page.on('request', (request) => {
    if (request.method() !== 'GET') elsewhere.push(request.url());
  });
  await page.getByRole('button', { name: 'Run', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('progressbar')).toBeVisible();
  const rows = page.getByRole('region', { name: 'Results' }).getByRole('row');
  await expect(rows).toHaveCount(7, { timeout: RUN_MS });
  for (const name of OF_ALL) {
    const row = rows.filter({ hasText: name });
    await expect(row).toContainText(/Right\s*[\d.e-]+% of what is allowed\s*at \[\d+, \d+\]/);
    await expect(row).toContainText(/[\d.]+ (GOP|GFLOP)\/s\s*[\d.]+ GB\/s/);
  }
  await expect(rows.filter({ hasText: 'ONNX Runtime, WebGPU' })).toContainText(/Right|Did not run/);
  await expect(
    page.getByRole('img', { name: /GFLOP.s by operations for each byte/ }),
  ).toBeVisible();
  await expect(page.getByText(/^One core of this processor, measured just before: /)).toBeVisible();
  await expect(page.getByText(/^This GPU, measured just before: .* copied/)).toBeVisible();
  expect(elsewhere).toEqual([]);
  expect(complaints).toEqual([]);
});

test('what takes less time than a clock can tell is timed all the same', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/lab`);
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('ReLU');
  await page.getByRole('combobox', { name: 'Size' }).selectOption('1 × 768');
  await page.getByRole('checkbox', { name: /Compare with ONNX Runtime/ }).uncheck();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const row = page.getByRole('region', { name: 'Results' }).getByRole('row').nth(1);
  await expect(row).toContainText(/[1-9][\d.]* µs/, { timeout: RUN_MS });
  await expect(row).toContainText(/\d GOP\/s/);
  expect(complaints).toEqual([]);
});

test('a run is stopped, and no part of it is a result', async ({ page, network }) => {
  await page.goto(`${network.url}/lab`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByText(/Manyhands, WebAssembly, 3 of/)).toBeVisible({ timeout: RUN_MS });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await page.waitForTimeout(1_000);
  await expect(page.getByRole('region', { name: 'Results' })).toHaveCount(0);
});

test('a result is given away as a link and as a file', async ({ page, network, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${network.url}/lab`);
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('Integer matrix product');
  await page.getByRole('combobox', { name: 'Size' }).selectOption('1 × 768 × 768');
  await page.getByRole('checkbox', { name: /Compare with ONNX Runtime/ }).uncheck();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const results = page.getByRole('region', { name: 'Results' });
  await expect(results.getByRole('row')).toHaveCount(4, { timeout: RUN_MS });
  await expect(results).toContainText('None: exact in every element');
  await page.getByRole('button', { name: 'Copy a link' }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as JSON' }).click();
  const path = await (await downloading).path();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    version: 1,
    operator: 'qmatmul',
    size: [1, 768, 768],
  });

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByText('Somebody shared this result with you')).toBeVisible();
  await expect(other.getByRole('region', { name: 'Results' }).getByRole('row')).toHaveCount(4);
  await other.getByRole('button', { name: 'Run it here' }).click();
  await expect(other.getByRole('progressbar')).toBeVisible();
  await other.getByRole('button', { name: 'Cancel' }).click();

  await other.goto(`${network.url}/lab`);
  await other.getByLabel('Open a result').setInputFiles(path);
  await expect(other.getByText('Somebody shared this result with you')).toBeVisible();
  await expect(other.getByRole('region', { name: 'Results' }).getByRole('row')).toHaveCount(4);
  const none = { name: 'none.json', mimeType: '', buffer: Buffer.from('{"version":1}') };
  await other.getByLabel('Open a result').setInputFiles(none);
  await expect(other.getByText('this file holds no result of the Lab')).toBeVisible();
  await expect(other.getByRole('region', { name: 'Results' })).toHaveCount(0);
  await other.evaluate(() => (location.hash = '#run=AAAA'));
  await expect(other.getByText('this link holds no result of the Lab')).toBeVisible();
});

test('a kernel of one’s own is tried, with errors at their lines', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/lab`);
  await page.getByRole('radio', { name: 'Your own kernel' }).check();
  await page.getByRole('combobox', { name: 'Calculation' }).selectOption('ReLU');
  const editor = page.getByRole('textbox', { name: 'WGSL source' });
  await expect(editor).toContainText('fn ');
  const outcome = page.getByRole('region', { name: 'What came of it' });
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(outcome).toContainText(/All of \d+ vectors come out right/, { timeout: RUN_MS });
  await expect(outcome.getByRole('row')).toHaveCount(5);

  // As a person types: what the editor indents is no part of the text.
  await editor.press('Control+A');
  await editor.pressSequentially('fn main() {\nlet a = ;\n}');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(outcome).toContainText(/Line 2, column \d+/, { timeout: RUN_MS });
  await expect(page.locator('.cm-lint-marker-error')).toHaveCount(1);

  await page.getByRole('button', { name: 'Begin with the network’s own again' }).click();
  await expect(editor).not.toContainText('let a = ;');
  await page.getByRole('radio', { name: 'A WASM file' }).check();
  const module = Buffer.from(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const file = { name: 'empty.wasm', mimeType: 'application/wasm', buffer: module };
  await page.getByLabel('Open a WASM file').setInputFiles(file);
  await expect(outcome).toContainText('It does not keep the contract', { timeout: RUN_MS });
  // Where text is typed over, Chromium tries to give its style to the new one, and may not.
  expect(complaints.filter((one) => !one.startsWith('Applying inline style'))).toEqual([]);
});

test('a model tells where its time goes', async ({ page, network }) => {
  test.skip(!existsSync(MNIST), 'no ../shared');
  await page.goto(`${network.url}/lab`);
  await page.getByRole('radio', { name: 'A model' }).check();
  await page.getByLabel('Open a model').setInputFiles(MNIST);
  const outcome = page.getByRole('region', { name: 'The nodes of mnist.onnx' });
  await expect(outcome.getByRole('row').filter({ hasText: 'Conv' }).first()).toContainText(
    /[\d.]+ [µm]s/,
    { timeout: RUN_MS },
  );
  await expect(outcome).toContainText('Its nodes together');
  await page.getByRole('textbox', { name: 'Open dimensions' }).fill('batch=none');
  await expect(page.getByText('Write them as name=size')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Trace mnist.onnx again' })).toBeDisabled();
  const none = { name: 'none.onnx', mimeType: '', buffer: Buffer.from('no model') };
  await page.getByRole('textbox', { name: 'Open dimensions' }).fill('');
  await page.getByLabel('Open a model').setInputFiles(none);
  await expect(page.getByText('Did not run')).toBeVisible({ timeout: RUN_MS });
});

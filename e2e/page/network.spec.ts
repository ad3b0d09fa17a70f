import { expect } from '@playwright/test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, manyhands, startNetwork } from '../network/processes.ts';
import { complaintsOf, expectAcceptedWork, test } from './page-network.ts';

test('the network shows agents, jobs and throughput live', async ({ page, context, network }) => {
  const complaints = complaintsOf(page);
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  const view = await context.newPage();
  await view.goto(`${network.url}/network`);
  await expect(view.getByRole('heading', { name: 'The network, live' })).toBeVisible();
  await expect(view.getByText('Browser tab').first()).toBeVisible();
  await expect(view.getByText(/^Welcome: /).first()).toBeVisible();
  await expect(view.getByRole('progressbar').first()).toBeVisible();
  expect(complaints).toEqual([]);
});

test('a sandbox says so where volunteers decide and look', async ({ page }) => {
  const data = mkdtempSync(join(tmpdir(), 'manyhands-sandbox-'));
  const port = await freePort();
  const sandbox = await startNetwork({ port, data, args: ['--sandbox'] });
  const complaints = complaintsOf(page);
  for (const path of ['/', '/network']) {
    await page.goto(`http://localhost:${port}${path}`);
    await expect(page.getByText('This is a sandbox.')).toBeVisible();
  }
  await expect(page.getByText('No canary has been at work')).toBeVisible();
  await page.getByRole('link', { name: 'Simulate' }).click();
  await expect(page.getByText('This is a sandbox.')).toBeHidden();
  expect(complaints).toEqual([]);
  await sandbox.interrupt();
  rmSync(data, { recursive: true, force: true });
});

test('canaries that were caught are shown, and no sandbox is told of', async ({
  page,
  network,
}) => {
  const key = readFileSync(join(network.data, 'operator-key'), 'utf8').trim();
  const once = ['--lie', 'one-element', '--lives', '1', '--operator-key', key];
  const canary = await manyhands(['canary', '--orchestrator', network.url, ...once]);
  expect(canary.stdout).toContain('Caught after');
  await page.goto(`${network.url}/network`);
  const panel = page.getByRole('region', { name: 'Canaries' });
  await expect(panel.getByRole('row', { name: /one-element/ })).toContainText('Caught');
  await expect(panel.getByText('Of the last 1 catch')).toBeVisible();
  await expect(page.getByText('This is a sandbox.')).toBeHidden();
});

test('a network out of reach is said, and comes back by itself', async ({ page, network }) => {
  await page.goto(`${network.url}/network`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await network.kill();
  await expect(page.getByText('Not reachable')).toBeVisible({ timeout: 15_000 });
  await network.restart();
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 30_000 });
});

test('the page is served isolated, under a strict policy', async ({ network, request }) => {
  const answer = await request.get(network.url);
  const headers = answer.headers();
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
  expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe-inline');
  expect(headers['content-security-policy']).not.toMatch(/'unsafe-eval'/);
});

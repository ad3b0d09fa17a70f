import { expect } from '@playwright/test';
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

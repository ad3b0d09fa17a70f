import { expect, type BrowserContextOptions } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { joinDevices } from './joined-devices.ts';
import { submitLayers } from './layers-job.ts';
import { expectAcceptedWork, test } from './page-network.ts';

// `SCREENSHOTS=docs/images npm test -- screenshots` renews those of the README.
const FOLDER = process.env['SCREENSHOTS'] ?? 'dist/screenshots';
const VIEWS: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true },
};

for (const [view, options] of Object.entries(VIEWS)) {
  test(`the pages fit a ${view} screen`, async ({ browser, network }) => {
    mkdirSync(FOLDER, { recursive: true });
    await submitLayers(network.data, network.url);
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const shoot = async (name: string): Promise<void> => {
      await page.screenshot({ path: join(FOLDER, `${name}-${view}.png`) });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, `${name} scrolls sideways`).toBeLessThanOrEqual(options.viewport?.width ?? 0);
    };
    await page.goto(network.url);
    await expect(page.getByRole('button', { name: 'Start contributing' })).toBeVisible();
    await shoot('welcome');
    await page.getByRole('button', { name: 'Start contributing' }).click();
    await expectAcceptedWork(page);
    await expect(page.getByText('A network of 24 layers').first()).toBeVisible();
    await page.waitForTimeout(4_000);
    await shoot('contribute');
    await page.getByRole('link', { name: 'Network' }).click();
    await expect(page.getByText('Browser tab').first()).toBeVisible();
    await page.waitForTimeout(3_000);
    await shoot('network');
    await joinDevices(browser, network);
    await page.getByRole('link', { name: 'Which devices compute what rightly' }).click();
    await expect(page.getByText('acme').first()).toBeVisible({ timeout: 15_000 });
    await shoot('devices');
    await page.getByRole('link', { name: 'Lab' }).click();
    await page.getByRole('checkbox', { name: /Compare with ONNX Runtime/ }).uncheck();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByText('Against what this device can do')).toBeVisible({
      timeout: 120_000,
    });
    await page.getByText('Results', { exact: true }).evaluate((title) => title.scrollIntoView());
    await shoot('lab');
    await page.getByRole('link', { name: 'Simulate' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    await expect(page.getByText('Every promise kept')).toBeVisible({ timeout: 120_000 });
    // At the top of the screen, so that all of it is seen.
    await page.getByText('Timeline', { exact: true }).evaluate((title) => title.scrollIntoView());
    await shoot('simulate');
    await context.close();
  });
}

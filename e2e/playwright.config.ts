import { defineConfig } from '@playwright/test';
import { QUIET_SWITCHES } from './setup/browser-switches.ts';
import { findBrowser } from './setup/install-browser.ts';

const browser = findBrowser();

/** Tests in a real Chromium: `npm test` installs one, `npm run browser` does only that. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../test-results',
  // Each test starts a network of its own; two at once would fight for the cores.
  workers: 1,
  timeout: 300_000,
  // What a page comes to show is waited for; how long it takes is for benches.
  expect: { timeout: 30_000 },
  forbidOnly: process.env['CI'] !== undefined,
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      ...(browser === null ? {} : { executablePath: browser }),
      args: [
        ...QUIET_SWITCHES,
        // A software GPU: computes rightly and slowly, on every machine.
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
      ],
    },
  },
});

import { chromium } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installDebianPackages } from './debian-packages.ts';
import { runProgram } from './program.ts';

/** Where systems put a Chromium of their own. */
const SYSTEM_BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const DOWNLOAD_MS_MAX = 10 * 60_000;
const REMEDY = [
  "No Chromium was found, and none could be installed: Playwright's download is closed here and",
  'apt-get cannot be used. Install a Chromium or Chrome of any kind and name it:',
  '  CHROMIUM_PATH=/path/to/chromium npm test',
].join('\n');

/** The path of a Chromium that starts, or null. CHROMIUM_PATH decides where it is set. */
export function findBrowser(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  const candidates =
    named === undefined || named === '' ? [chromium.executablePath(), ...SYSTEM_BROWSERS] : [named];
  return candidates.find((path) => existsSync(path) && starts(path)) ?? null;
}

/** The path of a Chromium, installed now if need be; null behind a message with the remedy. */
export async function ensureBrowser(): Promise<string | null> {
  const found = findBrowser();
  if (found !== null) return found;
  if (process.env['CHROMIUM_PATH']) {
    console.error(
      `CHROMIUM_PATH=${process.env['CHROMIUM_PATH']} does not start: correct or unset it.`,
    );
    return null;
  }
  console.log("No Chromium here. Downloading Playwright's own: playwright install chromium");
  await runProgram(['playwright', 'install', 'chromium'], {
    environment: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
    timeoutMs: DOWNLOAD_MS_MAX,
  });
  const downloaded = findBrowser();
  if (downloaded !== null) return downloaded;
  const purpose = "That download is closed, or lacks libraries here. Installing Debian's";
  await installDebianPackages(['chromium'], { purpose });
  const installed = findBrowser();
  if (installed === null) console.error(REMEDY);
  return installed;
}

/** A browser whose libraries are missing exists and does not start. */
function starts(path: string): boolean {
  return spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0;
}

/** `npm run browser`: the path of the Chromium that tests use, installed if need be. */
export async function main(): Promise<number> {
  const path = await ensureBrowser();
  if (path !== null) console.log(path);
  return path === null ? 1 : 0;
}

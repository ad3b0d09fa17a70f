import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { findBrowser } from '../setup/install-browser.ts';
import { openChromium } from './chromium.ts';

/** Where figures come from, in a line each: CPU, Node, browser, and its GPU adapter. */
export async function environmentLines(): Promise<readonly string[]> {
  const browser = findBrowser();
  const version =
    browser === null
      ? 'none found: "npm run browser" installs one'
      : spawnSync(browser, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return [
    `CPU      ${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`,
    `Node     ${process.version}`,
    `Browser  ${version}`,
    `Adapter  ${browser === null ? 'none' : await adapterOf(browser)}`,
  ];
}

/** The adapter that a page gets in the browser as the benches start it. */
async function adapterOf(browser: string): Promise<string> {
  const chromium = await openChromium(browser);
  try {
    const page = await chromium.openPage();
    // An address that browsers trust as much as https: WebGPU is for such alone.
    await page.visit('chrome://version');
    return await page.once(async () => {
      // Absent where the browser has no WebGPU, whatever the DOM types say.
      const gpu: GPU | undefined = navigator.gpu;
      const info = (await gpu?.requestAdapter())?.info;
      return info?.description ?? 'none: operators and models run in WASM';
    }, null);
  } finally {
    await chromium.close();
  }
}

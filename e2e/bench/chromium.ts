import { chromium, type BrowserContext } from '@playwright/test';

/**
 * Opens Chromium as a visitor has it, headless, with a profile that lasts where one is given: no
 * switch that a page could notice, thus WebGPU only where there is a real adapter.
 */
export function openChromium(executablePath: string, profile = ''): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    handleSIGINT: false,
    handleSIGTERM: false,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

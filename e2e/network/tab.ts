import type { Browser, BrowserContext, Page } from '@playwright/test';

/** A volunteer's tab in a browser profile of its own. */
export type Tab = { readonly context: BrowserContext; readonly page: Page };

/** Opens the page in a fresh profile, chooses a backend and starts contributing. */
export async function openTab(
  browser: Browser,
  options: { readonly url: string; readonly backend: 'Automatic' | 'WebGPU' | 'WASM' },
): Promise<Tab> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(options.url);
  await page.getByRole('radio', { name: options.backend }).check();
  await page.getByRole('button', { name: 'Start contributing' }).click();
  return { context, page };
}

/** Ends a tab's renderer as a crash does: no handler of the page runs. */
export async function crashTab(tab: Tab): Promise<void> {
  const crashed = tab.page.waitForEvent('crash');
  const session = await tab.context.newCDPSession(tab.page);
  // The call never answers: what would answer it is gone.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

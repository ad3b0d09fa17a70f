import type { BrowserContext, Page } from '@playwright/test';
import { CONTRIBUTE } from '../../src/web/text.ts';

const ACCEPTED_MS_MAX = 60_000;

/** Times of one visit, from the start of its navigation. Milliseconds. */
export type Visit = { readonly startedMs: number; readonly acceptedMs: number };

/**
 * Visits the page as someone does who presses Start as soon as it is there, and waits until the
 * page shows a first accepted task.
 */
export async function visitUntilAccepted(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage();
  try {
    await page.addInitScript(watchPage, {
      start: CONTRIBUTE.start,
      accepted: CONTRIBUTE.figures.accepted,
    });
    await page.goto(url, { waitUntil: 'commit' });
    return await valueOnceThere(page, 'benchVisit');
  } finally {
    await page.close();
  }
}

/** Runs in the page, before anything of its own: a press and a look cost it next to nothing. */
function watchPage(labels: { readonly start: string; readonly accepted: string }): void {
  let startedMs: number | null = null;
  const look = (): void => {
    if (startedMs === null) {
      const buttons = [...document.querySelectorAll('button')];
      const button = buttons.find(({ textContent }) => textContent === labels.start);
      if (button === undefined) return;
      startedMs = performance.now();
      button.click();
    }
    const terms = [...document.querySelectorAll('dt')];
    const term = terms.find(({ textContent }) => textContent === labels.accepted);
    const count = term?.nextElementSibling?.textContent ?? '0';
    if (count === '0') return;
    observer.disconnect();
    window.benchVisit = { startedMs, acceptedMs: performance.now() };
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, characterData: true });
}

/** Runs the peer's page: ONNX Runtime Web alone, to the output of its first matmul. */
export async function visitPeer(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage();
  try {
    await page.goto(`${url}?first`, { waitUntil: 'commit' });
    return await valueOnceThere(page, 'firstOutputMs');
  } finally {
    await page.close();
  }
}

async function valueOnceThere<Name extends 'benchVisit' | 'firstOutputMs'>(
  page: Page,
  name: Name,
): Promise<NonNullable<Window[Name]>> {
  const options = { timeout: ACCEPTED_MS_MAX, polling: 50 };
  await page.waitForFunction((key) => window[key] !== undefined, name, options);
  // Seen to be there a moment ago.
  return page.evaluate((key) => window[key] as NonNullable<Window[Name]>, name);
}

declare global {
  interface Window {
    benchVisit?: Visit;
  }
}

import { CONTRIBUTE } from '../../src/web/text.ts';
import type { BenchPage, Chromium } from './chromium.ts';

/** Times of one visit, from the start of its navigation. Milliseconds. */
export type Visit = { readonly startedMs: number; readonly acceptedMs: number };

/**
 * Visits the page as someone does who presses Start as soon as it is there, and waits until the
 * page shows a first accepted task.
 */
export async function visitUntilAccepted(browser: Chromium, url: string): Promise<Visit> {
  const page = await browser.openPage();
  const labels = { start: CONTRIBUTE.start, accepted: CONTRIBUTE.figures.accepted };
  await page.visit(url, `(${watchPage.toString()})(${JSON.stringify(labels)})`);
  return closing(page, await page.once(() => window.benchVisit, null));
}

/** Runs the peer's page: ONNX Runtime Web alone, to the output of its first matmul. */
export async function visitPeer(browser: Chromium, url: string): Promise<number> {
  const page = await browser.openPage();
  await page.visit(`${url}?first`);
  return closing(page, await page.once(() => window.firstOutputMs, null));
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

async function closing<Value>(page: BenchPage, value: Value): Promise<Value> {
  await page.close();
  return value;
}

declare global {
  interface Window {
    benchVisit?: Visit;
  }
}

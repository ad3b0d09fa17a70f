import { expect, test as base, type Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { producerOf, type Producer } from '../network/client.ts';
import { freePort, startNetwork, type Program } from '../network/processes.ts';

/** A network of a test's own, with its welcome job queued. */
export type PageNetwork = {
  readonly url: string;
  /** Folder of its store, and home of commands against it. */
  readonly data: string;
  readonly producer: Producer;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
};

/** Tests of the page: each gets a network, and fails on anything the page's console complains of. */
export const test = base.extend<{ network: PageNetwork }, { browserOf: string }>({
  // Files that name themselves here get a browser of their own: one whose GPU other tests made crash
  // gives no adapter any more.
  browserOf: ['', { option: true, scope: 'worker' }],
  // Playwright reads the first parameter's pattern, which must be one.
  // oxlint-disable-next-line no-empty-pattern
  network: async ({}, use) => {
    const data = mkdtempSync(join(tmpdir(), 'manyhands-page-'));
    const port = await freePort();
    let program: Program = await startNetwork({ port, data });
    const url = `http://localhost:${port}`;
    await use({
      url,
      data,
      producer: producerOf(url, data),
      kill: () => program.killHard(),
      restart: async () => {
        program = await startNetwork({ port, data });
      },
    });
    await program.killHard();
    rmSync(data, { recursive: true, force: true });
  },
});

/** Collects what the browser's console complains of: errors, violations of the page's policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

/** The number that stands under a name in the visitor's own contribution. */
export async function tally(page: Page, name: string): Promise<number> {
  const figures = page.getByRole('region', { name: 'Your contribution' });
  const figure = figures.locator('div').filter({ has: page.getByText(name, { exact: true }) });
  return Number((await figure.locator('dd').first().textContent())?.replaceAll(',', ''));
}

/** Waits until the tab has accepted tasks to show. */
export async function expectAcceptedWork(page: Page): Promise<void> {
  await expect.poll(() => tally(page, 'Accepted'), { timeout: 60_000 }).toBeGreaterThan(0);
}

/** Records what the headline says from now on, each change once; returns how to read it. */
export async function headlinesOf(page: Page): Promise<() => Promise<string[]>> {
  const record = await page.evaluateHandle(() => {
    const said: string[] = [];
    const read = (): void => {
      const text = document.querySelector('[role=status] h1')?.textContent ?? '';
      if (said.at(-1) !== text) said.push(text);
    };
    read();
    const changes = { subtree: true, childList: true, characterData: true };
    new MutationObserver(read).observe(document.body, changes);
    return said;
  });
  return () => record.jsonValue();
}

/** How many agents the orchestrator holds to be present. */
export async function agentCount(network: PageNetwork): Promise<number> {
  return (await network.producer.network.getNetwork({})).agentCount;
}

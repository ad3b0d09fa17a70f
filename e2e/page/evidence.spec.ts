import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { writeBlob } from '../../src/data/index.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import type { Tensor } from '../../src/domain/tensor.ts';
import { encodeEvidence, parseEvidence } from '../../src/validation/index.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { until } from '../network/processes.ts';
import { digitsAreHere, digitsWork, integerWork, type Work } from '../trust/works.ts';
import { complaintsOf, test, type PageNetwork } from './page-network.ts';

/** Some element of each output is wrong, far outside any tolerance. */
const wrongBits: Lie = (liar, outputs) =>
  liar.store(
    outputs.map((tensor) => {
      const bytes = tensor.bytes.map((byte) => byte ^ 1);
      // A float's exponent too.
      bytes[3] = (tensor.bytes[3] ?? 0) ^ 0x08;
      return { ...tensor, bytes };
    }),
  );
const noOutput: Lie = async () => ({ kind: 'output', output: [] });
/** In a blob that is a byte short. */
const shortBlob: Lie = async (liar, outputs) => {
  const output = [];
  for (const { dtype, shape, bytes } of outputs) {
    async function* allButOne(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(1);
    }
    const { blob } = certain(await writeBlob(liar.sink, allButOne()));
    output.push({ dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } as const });
  }
  return { kind: 'output', output };
};
type Lie = (
  liar: HandDrivenAgent,
  outputs: readonly Tensor[],
) => ReturnType<HandDrivenAgent['store']>;

/** A job of which an agent lies; the id of the evidence that its quarantine names. */
async function lieOf(work: Work, network: PageNetwork, lie: Lie = wrongBits): Promise<string> {
  const { producer, url } = network;
  // The welcome jobs' tasks are not to be in the way.
  const { jobs } = await producer.jobs.listJobs({});
  for (const { jobId } of jobs) await producer.jobs.cancelJob({ jobId });
  await producer.submit({
    ...USUAL_TERMS,
    name: work.name,
    workload: work.spec,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: work.rowsPerTask,
  });
  const liar = await HandDrivenAgent.join(url);
  const [task] = await liar.lease(1);
  if (task === undefined) throw new Error('a task was leased');
  const told = await lie(liar, await liar.compute(task));
  certain(await liar.report([{ task, told }]));
  const reason = await until('the quarantine', async () => {
    return (await liar.standing()).quarantine?.reason;
  });
  return /bafyrei\w+$/.exec(reason)?.[0] ?? '';
}

async function choose(page: Page, bytes: Uint8Array): Promise<void> {
  const file = { name: 'given.evidence', mimeType: '', buffer: Buffer.from(bytes) };
  await page.getByLabel('Open a bundle').setInputFiles(file);
}

test('a rejected result is listed, and its check made again in the tab', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(`${network.url}/evidence`);
  await expect(page.getByText('None yet.')).toBeVisible();
  const id = await lieOf(await integerWork(), network);
  await page.reload();
  const link = page.getByRole('link', { name: id.slice(-8) });
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${network.url}/evidence/${id}`);
  await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('it reported this very output')).toBeVisible();
  await expect(page.getByText('Recomputed', { exact: true })).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the bundle' }).click();
  const bytes = readFileSync(await (await download).path());
  await page.getByRole('link', { name: 'All evidence' }).click();
  await choose(page, bytes);
  await expect(page.getByRole('heading', { name: 'The file given.evidence' })).toBeFocused();
  await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
  expect(complaints).toEqual([]);
});

test('a malformed result is judged again by the report alone', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  const id = await lieOf(await integerWork(), network, noOutput);
  await page.goto(`${network.url}/evidence/${id}`);
  await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('0 tensors instead of 1').first()).toBeVisible();
  await expect(page.getByText('What was reported, held against the task')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('a blob that is too short is seen to be by its one block', async ({ page, network }) => {
  const complaints = complaintsOf(page);
  const id = await lieOf(await integerWork(), network, shortBlob);
  await page.goto(`${network.url}/evidence/${id}`);
  await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/its blob has \d+ bytes from 0 on/)).toHaveCount(2);
  await expect(page.getByText('it reported this very output')).toBeVisible();
  await expect(page.getByText('Recomputed', { exact: true })).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test('a bundle that was tampered with differs, and bytes that are none are refused', async ({
  page,
  network,
}) => {
  const id = await lieOf(await integerWork(), network);
  const response = await fetch(`${network.url}/evidence/${id}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const evidence = certain(await parseEvidence(bytes, { nowMs: Date.now() }));
  const results = evidence.results.map((result) => {
    const verdict = { kind: 'rejected', reason: 'output "y": made up' } as const;
    return { ...result, verdict };
  });
  await page.goto(`${network.url}/evidence`);
  await choose(page, encodeEvidence({ ...evidence, results }));
  await expect(page.getByText('Differs')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'All evidence' }).click();
  await choose(page, bytes.subarray(0, 100));
  await expect(page.getByText('This bundle is no evidence')).toBeVisible({ timeout: 60_000 });
  await page.goto(`${network.url}/evidence/${'bafyrei'.padEnd(59, 'a')}`);
  await expect(page.getByText('This evidence is not here')).toBeVisible({ timeout: 60_000 });
});

test('a result of a real model is checked again in the tab', async ({ page, network }) => {
  test.skip(!digitsAreHere, 'the folder with real models is not there');
  const orchestrator = { ...network, close: async () => {} };
  const id = await lieOf(await digitsWork(orchestrator), network);
  await page.goto(`${network.url}/evidence/${id}`);
  await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
});

for (const [view, options] of Object.entries({
  desktop: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' as const },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true },
})) {
  test(`evidence fits a ${view} screen`, async ({ browser, network }) => {
    const id = await lieOf(await integerWork(), network);
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const fits = async (name: string): Promise<void> => {
      const path = `dist/screenshots/${name}-${view}.png`;
      await page.screenshot({ path, fullPage: true });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, `${name} scrolls sideways`).toBeLessThanOrEqual(options.viewport.width);
    };
    await page.goto(`${network.url}/evidence`);
    await expect(page.getByRole('link', { name: id.slice(-8) })).toBeVisible();
    await fits('evidence');
    await page.getByRole('link', { name: id.slice(-8) }).click();
    await expect(page.getByText('Same verdict')).toBeVisible({ timeout: 60_000 });
    await fits('evidence-replay');
    await choose(await backTo(page), new Uint8Array(3));
    await expect(page.getByText('This bundle is no evidence')).toBeVisible({ timeout: 60_000 });
    await fits('evidence-refused');
    await context.close();
  });
}

async function backTo(page: Page): Promise<Page> {
  await page.getByRole('link', { name: 'All evidence' }).click();
  return page;
}

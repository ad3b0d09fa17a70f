import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { preview, type PreviewServer } from 'vite';
import {
  deployDeepSources,
  HOSTILE_CASES,
  runHostileCases,
} from '../../src/execution-machine/hostile.contract.ts';
import { openNodeEngine } from '../../src/execution-machine/node.ts';
import { buildMachinePage } from '../bench/ledger/machine-page.ts';
import { hexOf, replay, transferLog } from '../bench/ledger/replay-work.ts';
import type { TestedMachine } from './machine/machine.ts';

declare const machine: TestedMachine;

const folder = mkdtempSync(join(tmpdir(), 'manyhands-machine-'));
let server: PreviewServer;

test.beforeAll(async () => {
  server = await preview(await buildMachinePage(folder));
});

test.afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('a worker of a tab comes to what Node comes to, whatever functions try', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  const engine = await nodeEngine();
  const { outcomes, root } = await runHostileCases(engine, HOSTILE_CASES);
  const refusals = await deployDeepSources(engine);
  const there = await page.evaluate(() => machine('hostile'));
  expect(there).toEqual({ kind: 'hostile', outcomes, root: hexOf(root), refusals });
  expect(outcomes).toEqual(HOSTILE_CASES.map(({ expected }) => expected));
});

test('a worker of a tab replays a hundred thousand transfers to the root of Node', async ({
  page,
}) => {
  test.setTimeout(180_000);
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  const engine = await nodeEngine();
  const { root } = await replay(engine, transferLog(engine));
  const there = await page.evaluate(() => machine('replay'));
  expect(there).toMatchObject({ kind: 'replay', runs: [{ root }, { root }, { root }, { root }] });
});

async function nodeEngine() {
  const opened = await openNodeEngine();
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { build, mergeConfig, preview, type PreviewServer } from 'vite';
import { wgslContract } from '../../src/kernels/index.ts';
import { compiledDraft, RELU_DRAFT } from '../../src/kernels/workshop/compiled-draft.contract.ts';
import site from '../../vite.config.ts';
import type { TestedWorkshop } from './workshop/workshop.ts';

declare const workshop: TestedWorkshop;

const MNIST = '../shared/models/mnist.onnx';
const folder = mkdtempSync(join(tmpdir(), 'manyhands-workshop-'));
let server: PreviewServer;

// A page of its own under the headers of the real one.
test.beforeAll(async () => {
  const config = mergeConfig(site, {
    configFile: false,
    root: join(import.meta.dirname, 'workshop'),
    publicDir: false,
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, target: 'esnext' },
    preview: { port: 0, host: '127.0.0.1' },
  });
  await build(config);
  server = await preview(config);
});

test.afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test.beforeEach(async ({ page }) => {
  await page.goto(server.resolvedUrls?.local[0] ?? '');
});

function wgsl(page: Page, source: string, silenceMs = 60_000) {
  const given = { draft: { kind: 'wgsl', operator: 'softmax', source } as const, silenceMs };
  return page.evaluate(({ draft, silenceMs: ms }) => workshop.wgsl(draft, ms), given);
}

test('a draft in WGSL is tried in a tab', async ({ page }) => {
  const { source } = wgslContract('softmax');
  expect(await wgsl(page, source)).toMatchObject({ ok: true, value: { kind: 'right' } });
  const broken = await wgsl(page, 'fn main() {\n  let a = ;\n}');
  const messages = [{ type: 'error', line: 2, column: 11 }];
  expect(broken).toMatchObject({ ok: true, value: { kind: 'not-compiled', messages } });
});

test('a draft in WASM is tried in a tab, and ended where it never ends', async ({ page }) => {
  const run = (module: Uint8Array, silenceMs: number) => {
    const given = { module: [...module], silenceMs };
    return page.evaluate((of) => workshop.wasm(of.module, of.silenceMs), given);
  };
  const right = await run(await compiledDraft(RELU_DRAFT), 60_000);
  expect(right).toMatchObject({ ok: true, value: { kind: 'right' } });
  const loop = 'let count = 1; while (load<i32>(sizes) >= 0) { count = count * 3 + 1; }';
  const endless = await compiledDraft(RELU_DRAFT.replace('let count = 1;', loop));
  const finding = { kind: 'endless', during: 'a scalar' };
  expect(await run(endless, 5_000)).toMatchObject({ ok: true, value: finding });
});

for (const operator of ['matmul', 'qmatmul'] as const) {
  // Fails with backend_unsupported where the second thread does not start.
  test(`${operator} is computed by two threads in a tab`, async ({ page }) => {
    const size = [300, 600, 1_003];
    const given = { operator, size };
    const trial = await page.evaluate((of) => workshop.twoThreads(of.operator, of.size), given);
    const value = { operator, size, held: { kind: 'right' } };
    expect(trial).toMatchObject({ ok: true, value });
  });
}

for (const backend of ['wasm', 'webgpu'] as const) {
  test(`a model is traced on ${backend} in a tab`, async ({ page }) => {
    test.skip(!existsSync(MNIST), 'no ../shared');
    const given = { model: [...readFileSync(MNIST)], backend };
    const trace = await page.evaluate((of) => workshop.trace(of.model, of.backend), given);
    expect(trace).toMatchObject({ ok: true, value: { backend } });
    const operators = trace.ok ? trace.value.nodes.map(({ operator }) => operator) : [];
    expect(operators.filter((name) => name.includes('Conv')).length).toBeGreaterThanOrEqual(2);
    // Times of the GPU, where there is one: what it takes to submit work says nothing.
    const timedOn = trace.ok ? trace.value.nodes[0]?.on : '';
    expect(timedOn).toBe(backend === 'webgpu' ? 'gpu' : 'cpu');
  });
}

// Last: it holds the GPU that all pages share, until the browser resets it.
test('a shader that never ends is a finding', async ({ page }) => {
  const { source } = wgslContract('softmax');
  const loop = 'while (sizes.columns != 0u) { result[0] += 1u; }\nvar order = LOWEST;';
  const found = await wgsl(page, source.replace('var order = LOWEST;', loop), 20_000);
  expect(found).toMatchObject({ ok: true });
  expect(['endless', 'device-lost']).toContain(found.ok ? found.value.kind : '');
});

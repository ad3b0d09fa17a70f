import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPERATORS } from '../../src/domain/operator.ts';
import { testOrchestrator, type TestOrchestrator } from './orchestrator.ts';
import { manyhands } from './processes.ts';

let orchestrator: TestOrchestrator;
const folder = mkdtempSync(join(tmpdir(), 'manyhands-crowd-'));
beforeAll(async () => {
  orchestrator = await testOrchestrator();
});
afterAll(async () => {
  await orchestrator.close();
  rmSync(folder, { recursive: true });
});

it('a command tests this device, and tells the table only when it may', async () => {
  const command = ['kernels', 'crowd-test', '--orchestrator', orchestrator.url];
  const dry = await manyhands([...command, '--dry-run', '--json']);
  expect(dry.code).toBe(0);
  const found = JSON.parse(dry.stdout) as { conformance: { backend: string }[] };
  const ofWasm = found.conformance.filter(({ backend }) => backend === 'wasm');
  expect(ofWasm).toHaveLength(OPERATORS.length);
  const { network } = orchestrator.producer;
  expect((await network.listConformance({})).deviceCount).toBe(0);

  const told = await manyhands([...command, '--key', join(folder, 'key.pem')]);
  expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('it counts for Node') });
  const [device] = (await network.listConformance({})).devices;
  const product = device?.primitives.find(({ primitive }) => primitive === 'qmatmul');
  expect(product).toMatchObject({ passedKeys: 1, timedKeys: 1 });
  expect(Number(product?.medianUs)).toBeGreaterThan(0);
}, 300_000);

it('a command that can tell nobody says so, with the remedy', async () => {
  const args = ['--key', '/proc/none/key.pem'];
  const refused = await manyhands(['kernels', 'crowd-test', ...args]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('--key');
});

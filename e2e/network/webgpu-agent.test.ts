import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { hasVulkanLoader, softwareVulkan } from '../setup/software-gpu.ts';
import { testOrchestrator, type TestOrchestrator } from './orchestrator.ts';
import { Program } from './processes.ts';
import { reluJob } from './relu-job.ts';

// Dawn in Node, on the software GPU that Chromium brings along.

const VULKAN = process.env['VK_ICD_FILENAMES'] ?? softwareVulkan('/usr/bin/chromium') ?? '';
const TASKS = 200;

const hasVulkan = existsSync(VULKAN) && hasVulkanLoader();
if (!hasVulkan) {
  console.log('skipped: no software GPU here (vk_swiftshader_icd.json of Chromium, libvulkan1)');
}

const folder = mkdtempSync(join(tmpdir(), 'manyhands-webgpu-agent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let network: TestOrchestrator;
const running: Program[] = [];
beforeEach(async () => {
  network = await testOrchestrator();
});
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.killHard();
  await network.close();
});

it.skipIf(!hasVulkan)('a native agent computes a whole job on WebGPU', async () => {
  const { producer } = network;
  const agent = agentWith('gpu.pem', VULKAN);
  const { job } = await producer.submit(reluJob(TASKS));
  expect(await producer.watch(job)).toMatchObject({ state: 'done', tasksAccepted: TASKS });
  const { agents } = await producer.network.getNetwork({});
  expect(agents).toMatchObject([{ accepted: BigInt(TASKS), rejected: 0n }]);
  expect(await agent.interrupt()).toBe(0);
  const last: unknown = JSON.parse(agent.stdout.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({
    primitives: { relu: 'webgpu', matmul: 'webgpu', qmatmul: 'webgpu' },
    counters: { tasksComputed: TASKS, tasksFailed: 0 },
  });
});

// Elsewhere GPUs are found in ways that no variable closes.
it.skipIf(process.platform !== 'linux')(
  'a native agent that finds no GPU says so, and what to do',
  async () => {
    const agent = agentWith('no-gpu.pem', join(folder, 'no such driver.json'));
    expect(await agent.ended).not.toBe(0);
    const words = /no WebGPU adapter is here\. Install .*--backend wasm/;
    expect(agent.stdout + agent.stderr).toMatch(words);
  },
);

function agentWith(key: string, vulkan: string): Program {
  const lent = ['--threads', '1', '--memory', '256MiB', '--backend', 'webgpu', '--json'];
  const agent = new Program(
    ['agent', '--orchestrator', network.url, '--key', join(folder, key), ...lent],
    { environment: { VK_ICD_FILENAMES: vulkan, VK_DRIVER_FILES: vulkan } },
  );
  running.push(agent);
  return agent;
}

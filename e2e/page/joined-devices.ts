import type { Browser } from '@playwright/test';
import { join } from 'node:path';
import { OPERATORS } from '../../src/domain/operator.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { Program, until } from '../network/processes.ts';
import { openTab } from '../network/tab.ts';
import type { PageNetwork } from './page-network.ts';

/** What the software GPU of no browser here gets wrong: told by an agent driven by hand. */
const WRONG = { passed: false, detail: 'special numbers: element 6 is 0, not NaN +- 0' };

/**
 * Has devices of several kinds join: a tab that computes with WebGPU, one with WASM alone, a native
 * agent, and two keys of one invented GPU, one of which gets tanh wrong.
 */
export async function joinDevices(browser: Browser, network: PageNetwork): Promise<void> {
  const { url, data } = network;
  // Of its own: one whose GPU was made to crash often enough gives no adapter any more.
  const fresh = await browser.browserType().launch();
  for (const backend of ['WebGPU', 'WASM'] as const) {
    const before = await keysIn(network);
    const { context } = await openTab(fresh, { url, backend });
    await until('a device that tells', async () => (await keysIn(network)) > before);
    await context.close();
  }
  await fresh.close();
  const before = await keysIn(network);
  const key = join(data, `key-${before}`);
  const agent = new Program(['agent', '--orchestrator', url, '--threads', '1', '--key', key]);
  await until('a device that tells', async () => (await keysIn(network)) > before);
  await agent.killHard();
  const adapter = 'acme broken-9000 driver 1.2';
  const limits = { maxBufferBytes: 1, maxStorageBufferBindingBytes: 1 };
  const webgpu = { adapter, features: [], ...limits, maxComputeWorkgroupStorageBytes: 1 };
  const features = { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu };
  for (const isBroken of [true, false]) {
    const conformance = OPERATORS.map((primitive) => {
      const result = isBroken && primitive === 'tanh' ? WRONG : { passed: true, detail: '' };
      return { primitive, backend: 'webgpu', ...result } as const;
    });
    const changes = { label: 'Firefox 151, Windows', features };
    await HandDrivenAgent.join(url, { changes, conformance });
  }
}

async function keysIn({ producer }: PageNetwork): Promise<number> {
  const { devices } = await producer.network.listConformance({});
  return devices.reduce((sum, { keys }) => sum + keys, 0);
}

import { join } from 'node:path';
import { build, mergeConfig, preview, type InlineConfig } from 'vite';
import site from '../../../vite.config.ts';
import type { TestedMachine } from '../../page/machine/machine.ts';
import type { MachineAnswer, MachineOrder } from '../../page/machine/machine.worker.ts';
import { ROOT } from '../../setup/program.ts';
import { openChromium } from '../chromium.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';

declare const machine: TestedMachine;

/** Builds the page whose workers run the execution machine, under the headers of the real one. */
export async function buildMachinePage(outDir: string): Promise<InlineConfig> {
  const config = mergeConfig(site, {
    configFile: false,
    root: join(ROOT, 'e2e/page/machine'),
    publicDir: false,
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, target: 'esnext' },
    preview: { port: 0, host: '127.0.0.1' },
  });
  await build(config);
  return config;
}

/** What a worker of that page in this browser answers to an order. */
export async function inChromium(browser: string, order: MachineOrder): Promise<MachineAnswer> {
  const folder = temporaryFolder();
  const server = await preview(await buildMachinePage(folder));
  const chromium = await openChromium(browser);
  try {
    const page = await chromium.openPage();
    await page.visit(server.resolvedUrls?.local[0] ?? '');
    await page.once(() => ('machine' in globalThis ? true : null), null);
    return await page.call((what) => machine(what), order);
  } finally {
    await chromium.close();
    await server.close();
    removeFolder(folder);
  }
}

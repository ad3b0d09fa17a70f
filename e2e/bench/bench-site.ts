import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { build, mergeConfig } from 'vite';
import page from '../../vite.config.ts';
import { buildPageIfStale } from '../setup/page-build.ts';
import { ROOT } from '../setup/program.ts';

/** Where the peer's page lies on a bench's origin. */
export const DIRECT_PATH = '/direct/index.html';

/**
 * Fills a folder with what an orchestrator serves for a bench: the page as it is built, and beside
 * it the peer's, built and compressed alike.
 */
export async function buildBenchSite(folder: string): Promise<void> {
  await buildPageIfStale();
  cpSync(join(ROOT, 'dist/web'), folder, { recursive: true });
  await build(
    mergeConfig(page, {
      configFile: false,
      root: join(import.meta.dirname, 'direct'),
      base: '/direct/',
      publicDir: false,
      logLevel: 'warn',
      build: { outDir: join(folder, 'direct'), target: 'esnext' },
    }),
  );
}

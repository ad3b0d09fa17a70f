import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runProgram } from '../../../setup/program.ts';

/** Where the clients of peers lie: no dependencies of the product, so no part of its install. */
const FOLDERS = join(ROOT, 'node_modules/.cache/manyhands-bench-peers');
const INSTALL_MS_MAX = 5 * 60_000;

/** Loads a peer's client. The type is what the caller uses of it. */
export type LoadModule = <Module>(name: string) => Promise<Module>;

/** Installs the clients that a suite's folder `peers` locks, once; or says why not. */
export async function installPeerModules(
  peers: string = import.meta.dirname,
): Promise<LoadModule | { readonly skipped: string }> {
  const folder = join(FOLDERS, basename(dirname(peers)));
  const files = ['package.json', 'package-lock.json'];
  const sources = files.map((name) => join(peers, name));
  const digest = createHash('sha256');
  for (const path of sources) digest.update(readFileSync(path));
  const wanted = digest.digest('hex');
  const stamp = join(folder, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    mkdirSync(folder, { recursive: true });
    for (const [index, path] of sources.entries()) {
      copyFileSync(path, join(folder, files[index] ?? ''));
    }
    const install = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    const end = await runProgram(install, { cwd: folder, timeoutMs: INSTALL_MS_MAX });
    const lastLine = end.output.trim().split('\n').at(-1);
    if (end.code !== 0) return { skipped: `npm could not install its client: ${lastLine}` };
    // What it imports is found from where it lies.
    writeFileSync(join(folder, 'load.mjs'), 'export const load = (name) => import(name);\n');
    writeFileSync(stamp, wanted);
  }
  const { load } = await import(pathToFileURL(join(folder, 'load.mjs')).href);
  return load;
}

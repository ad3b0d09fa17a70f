import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runProgram } from './program.ts';

/** What the page is built from. */
const SOURCES = ['src', 'workers', 'public', 'vite.config.ts', 'package-lock.json'];
/** What the page cannot import: changes there leave it as it is. */
const ELSEWHERE = /^src\/cli\/|\.(test|bench|contract)\.tsx?$/;
const PAGE = join(ROOT, 'dist/web/index.html');
const STAMP = join(ROOT, 'dist/web.stamp');

/** Builds the page into `dist/web`, unless the one there was made from these very files. */
export async function buildPageIfStale(): Promise<void> {
  const fingerprint = sourceFingerprint();
  if (existsSync(PAGE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint) return;
  if (!existsSync(join(ROOT, 'node_modules/.bin/vite'))) {
    throw new Error('the page is not built and the tools to build it are missing: run "npm ci"');
  }
  console.error('Building the page (once, and again when its files change)…');
  await buildPage(fingerprint);
}

/** Builds the page whatever is there. */
export async function buildPage(fingerprint = sourceFingerprint()): Promise<void> {
  // A build that is cut short must not pass for a whole one.
  rmSync(STAMP, { force: true });
  // Also from a test: there the page's configuration would take another root.
  const environment = { VITEST: undefined };
  const { code, output } = await runProgram(['vite', 'build'], { environment });
  if (code !== 0) throw new Error(`the page does not build:\n${output}`);
  writeFileSync(STAMP, fingerprint);
}

/** Changes with any file's name, size or time; reads no file. */
function sourceFingerprint(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(source)) {
      if (ELSEWHERE.test(file)) continue;
      const { mtimeMs, size } = statSync(join(ROOT, file));
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  const entries = readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

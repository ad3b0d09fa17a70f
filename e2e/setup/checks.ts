import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderDigests } from './folder-digests.ts';
import { GENERATED, generate } from './generate.ts';
import { ROOT, runProgram } from './program.ts';

export type CheckEnd =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'skipped'; readonly reason: string };

export type Check = { readonly name: string; readonly run: () => Promise<CheckEnd> };

/** In this order: the first writes what the others read. */
export const CHECKS: readonly Check[] = [
  { name: 'generated files are up to date', run: generatedIsUpToDate },
  { name: 'format', run: () => program('oxfmt', '--check', '.') },
  { name: 'format of protos', run: () => program('buf', 'format', '-d', '--exit-code', 'proto') },
  { name: 'lint', run: () => program('oxlint', '--deny-warnings') },
  { name: 'types and room walls', run: () => program('tsc', '-b') },
  { name: 'lint of protos', run: () => program('buf', 'lint') },
  { name: 'protos compatible with main', run: protosAreCompatible },
];

async function program(...command: readonly string[]): Promise<CheckEnd> {
  const { code, output } = await runProgram(command);
  return code === 0 ? { kind: 'passed' } : { kind: 'failed', output };
}

/** Generates into place, so that what was out of date no longer is. */
async function generatedIsUpToDate(): Promise<CheckEnd> {
  const before = await folderDigests(ROOT, GENERATED);
  await generate();
  const after = await folderDigests(ROOT, GENERATED);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  if (changed.length === 0) return { kind: 'passed' };
  const remedy = 'These were out of date and are now generated anew: commit them.';
  return { kind: 'failed', output: [remedy, ...changed].join('\n') };
}

async function protosAreCompatible(): Promise<CheckEnd> {
  const main = await mainBranch();
  if (main === null) return { kind: 'skipped', reason: 'there is no branch main here' };
  const former = await mkdtemp(join(tmpdir(), 'manyhands-protos-'));
  try {
    const archive = join(former, 'main.tar');
    const taken = await runProgram(['git', 'archive', '-o', archive, main, 'proto', 'buf.yaml']);
    if (taken.code !== 0) return { kind: 'skipped', reason: `${main} has no protos` };
    await runProgram(['tar', '-xf', archive, '-C', former]);
    // Foreign protos are generated and not in git: the same ones stand on both sides.
    await cp(join(ROOT, 'dist/proto'), join(former, 'dist/proto'), { recursive: true });
    return await program('buf', 'breaking', '--against', former);
  } finally {
    await rm(former, { recursive: true });
  }
}

async function mainBranch(): Promise<string | null> {
  for (const name of ['origin/main', 'main']) {
    const { code } = await runProgram(['git', 'rev-parse', '--verify', '-q', `${name}^{commit}`]);
    if (code === 0) return name;
  }
  return null;
}

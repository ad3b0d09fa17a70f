import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from './page-build.ts';
import { ROOT, runProgram } from './program.ts';

/** `npm run build`: what the package holds, from nothing: `dist/web` and `dist/js`. */
export async function main(): Promise<number> {
  await buildPage();
  // What was renamed or deleted in the sources must not live on in the package.
  rmSync(join(ROOT, 'dist/js'), { recursive: true, force: true });
  const { code, output } = await runProgram(['tsc', '-b', 'src/cli', 'workers']);
  if (code !== 0) console.error(`The sources do not compile:\n${output}`);
  return code;
}

import { spawnSync } from 'node:child_process';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { writeValidateProto } from './validate-proto.ts';

/** Where the build keeps protos that are not ours. */
export const FOREIGN_PROTO_FOLDER = 'dist/proto';
const GENERATED = 'src/wire/gen';

/** Compiles `proto/` to `src/wire/gen`. Needs no network. */
export async function generateProto(): Promise<void> {
  await writeValidateProto(FOREIGN_PROTO_FOLDER);
  const { status } = spawnSync('node_modules/.bin/buf', ['generate'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`buf generate ended with ${status}`);
  for await (const path of glob(`${GENERATED}/**/*.ts`)) {
    await writeFile(path, withoutValidateImport(await readFile(path, 'utf8')));
  }
}

/**
 * Leaves protovalidate's own descriptor (85 KB) out of what a page downloads.
 *
 * The rules stay in our descriptors as options; only the orchestrator evaluates them, and it
 * brings the descriptor with the protovalidate package.
 */
function withoutValidateImport(source: string): string {
  return source
    .replace(/^import \{ file_buf_validate_validate \} from .*\n/m, '')
    .replace(/, \[file_buf_validate_validate\]\)/, ')')
    .replace(/\[file_buf_validate_validate, /, '[');
}

if (import.meta.main) await generateProto();

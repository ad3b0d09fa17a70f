// The front door to what only Node can do; a page must not import it.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../domain/outcome.ts';
import { openEngine, type Engine } from './engine.ts';

export { folderTarget } from './conveyor/folder-target.ts';
export { openSqliteConveyorStore, queueFileOf } from './conveyor/sqlite-conveyor-store.ts';
export { folderTiles } from './verify/folder-tiles.ts';

/** Opens the engine that is installed beside this package. Errors: "bytes_mismatch". */
export async function openNodeEngine(): Promise<Outcome<Engine>> {
  const path = fileURLToPath(import.meta.resolve('quickjs-wasi/quickjs.wasm'));
  return openEngine(new Uint8Array(await readFile(path)));
}

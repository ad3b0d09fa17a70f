import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import { CHECKPOINT_PATH, parseTilePath, type TileReader } from '../../ledger/index.ts';

/**
 * The files of a log in a folder, as a static site would serve them. Somebody else may write there.
 *
 * Errors: those of `TileReader`, "storage_failed" where the folder cannot be read.
 */
export function folderTiles(folder: string): TileReader {
  return {
    async read(path, bytesMax) {
      if (path !== CHECKPOINT_PATH && parseTilePath(path) === null) return unknown(folder, path);
      try {
        const file = await open(join(folder, path));
        try {
          const { size } = await file.stat();
          if (size > bytesMax) {
            const text = `${join(folder, path)} has ${size} bytes, above ${bytesMax}`;
            return fail(failure('limit_exceeded', `${text}. Read it from another place.`));
          }
          return succeed(new Uint8Array(await file.readFile()));
        } finally {
          await file.close();
        }
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
          return unknown(folder, path);
        }
        const detail = cause instanceof Error ? cause.message : String(cause);
        return fail(failure('storage_failed', `${folder} cannot be read: ${detail}. Mend it.`));
      }
    },
  };
}

function unknown(folder: string, path: string) {
  return fail(failure('tile_unknown', `there is no ${path} in ${folder}. Name another folder.`));
}

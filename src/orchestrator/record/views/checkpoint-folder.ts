import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import type { WitnessStore } from '../../../ledger/index.ts';

/**
 * Keeps the last checkpoint of each log in a file of its own, named after the log's origin.
 *
 * A file is written beside its place, flushed and only then named: `kill -9` leaves the one before
 * or the new one, whole. Errors: "storage_failed".
 */
export function checkpointFolder(folder: string): WitnessStore {
  const pathOf = (origin: string): string =>
    join(folder, `${createHash('sha256').update(origin).digest('hex')}.checkpoint`);
  return {
    async load(origin) {
      try {
        return succeed(new Uint8Array(await readFile(pathOf(origin))));
      } catch (cause) {
        const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
        return isMissing ? succeed(null) : storageFailed(folder, cause);
      }
    },
    async save(origin, checkpoint) {
      try {
        await mkdir(folder, { recursive: true });
        await replaceFile(pathOf(origin), checkpoint);
        const named = await open(folder);
        await named.sync().finally(() => named.close());
        return succeed(undefined);
      } catch (cause) {
        return storageFailed(folder, cause);
      }
    },
  };
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', 0o644);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

function storageFailed(folder: string, cause: unknown): Outcome<never> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const text = `checkpoints cannot be kept in ${folder} (${detail})`;
  return fail(failure('storage_failed', `${text}. Check the disk and the folder's permissions.`));
}

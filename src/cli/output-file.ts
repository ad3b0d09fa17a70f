import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/**
 * A file that is there whole or not at all: written beside its place and renamed at the end.
 *
 * Errors of all: storage_full, storage_failed.
 */
export type OutputFile = {
  write(bytes: Uint8Array): Promise<Outcome<void>>;
  /** Puts it into its place, over what was there, once it is on the disk. */
  commit(): Promise<Outcome<void>>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
};

/** Begins a file. */
export async function openOutputFile(path: string): Promise<Outcome<OutputFile>> {
  const taken = await stat(path).catch(() => null);
  if (taken?.isDirectory() === true) return storageFailed(path, 'it is a folder');
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  let file: FileHandle;
  try {
    file = await open(partial, 'w');
  } catch (cause) {
    return refused(path, cause);
  }
  const discard = async (): Promise<void> => {
    await file.close();
    await rm(partial, { force: true });
  };
  return succeed({
    discard,
    write: (bytes) => attempt(path, () => file.writeFile(bytes)),
    async commit() {
      const outcome = await attempt(path, async () => {
        await file.sync();
        await file.close();
        await rename(partial, path);
      });
      if (!outcome.ok) await rm(partial, { force: true });
      return outcome;
    },
  });
}

/** Writes a file that is there whole or not at all. Errors: storage_full, storage_failed. */
export async function writeOutputFile(path: string, bytes: Uint8Array): Promise<Outcome<void>> {
  const file = await openOutputFile(path);
  if (!file.ok) return file;
  const written = await file.value.write(bytes);
  if (written.ok) return file.value.commit();
  await file.value.discard();
  return written;
}

/** Whether a file can be written there, found out by beginning one: before hours of work. */
export async function checkOutputPaths(paths: readonly string[]): Promise<Outcome<void>> {
  for (const [index, path] of paths.entries()) {
    if (paths.indexOf(path) !== index) {
      return fail(failure('config_invalid', `two outputs go to ${path}: name another file.`));
    }
    const file = await openOutputFile(path);
    if (!file.ok) return file;
    await file.value.discard();
  }
  return succeed(undefined);
}

async function attempt(path: string, act: () => Promise<void>): Promise<Outcome<void>> {
  try {
    await act();
    return succeed(undefined);
  } catch (cause) {
    return refused(path, cause);
  }
}

function refused(path: string, cause: unknown): Outcome<never> {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fail(failure('storage_full', `the disk is full: ${path} was not written. Make room.`));
  }
  if (code === 'ENOENT') return storageFailed(path, `the folder ${dirname(path)} does not exist`);
  return storageFailed(path, cause instanceof Error ? cause.message : String(cause));
}

function storageFailed(path: string, why: string): Outcome<never> {
  return fail(failure('storage_failed', `cannot write ${path}: ${why}. Name another place.`));
}

// A log in a folder.
//
//   <folder>/log/       what the world may read: checkpoint and tile/..., as a static site
//   <folder>/journal    entries that were kept and are not yet published
//   <folder>/tmp/       files that are being written
//   <folder>/lock       held by the one process that writes
import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { JOURNAL_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Failed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { CHECKPOINT_PATH, parseTilePath, TILE_WIDTH, tilePath } from '../tree/tile-path.ts';
import { lockFolder } from './folder-lock.ts';
import { decodeJournal, encodeJournal } from './journal-bytes.ts';
import type { JournalEntry, LogFile, LogStore } from './log-store.ts';
import { otherBytes, tileTooLarge, tileUnknown } from './memory-log-store.ts';

/**
 * The log in a folder, which it makes where there is none.
 *
 * A file is written beside its place, flushed and only then named; its folders are flushed before
 * the checkpoint that speaks of it is written. `kill -9` at any step, or a loss of power, leaves a
 * checkpoint whose tiles are all there.
 * Errors: "storage_failed" where the folder cannot be used, or another process writes it.
 */
export async function openFolderLogStore(folder: string): Promise<Outcome<LogStore>> {
  try {
    await mkdir(join(folder, 'log'), { recursive: true });
    const unlock = lockFolder(join(folder, 'lock'));
    if (!unlock.ok) return unlock;
    await rm(join(folder, 'tmp'), { recursive: true, force: true });
    await mkdir(join(folder, 'tmp'));
    const journal = await open(join(folder, 'journal'), 'a+').then(async (file) => {
      await file.close();
      return open(join(folder, 'journal'), 'r+');
    });
    await syncFolder(folder);
    return succeed(new FolderLogStore(folder, journal, unlock.value));
  } catch (cause) {
    return storageFailure(cause);
  }
}

class FolderLogStore implements LogStore {
  readonly #folder: string;
  readonly #root: string;
  readonly #journal: FileHandle;
  readonly #unlock: () => void;
  /** Bytes of the journal that hold what was kept. */
  #journalBytes = 0;
  #written = 0;

  constructor(folder: string, journal: FileHandle, unlock: () => void) {
    this.#folder = folder;
    this.#root = join(folder, 'log');
    this.#journal = journal;
    this.#unlock = unlock;
  }

  async read(path: string, bytesMax: number): Promise<Outcome<Uint8Array>> {
    // Nothing but what a log has: the path may come from an attacker.
    if (path !== CHECKPOINT_PATH && parseTilePath(path) === null) return fail(tileUnknown(path));
    try {
      const file = await open(join(this.#root, path));
      try {
        const { size } = await file.stat();
        if (size > bytesMax) return fail(tileTooLarge(path));
        return succeed(new Uint8Array(await file.readFile()));
      } finally {
        await file.close();
      }
    } catch (cause) {
      return codeOf(cause) === 'ENOENT' ? fail(tileUnknown(path)) : storageFailure(cause);
    }
  }

  async recover() {
    try {
      const { size } = await this.#journal.stat();
      if (size > JOURNAL_BYTES_MAX) return storageFailure(new Error(`a journal of ${size} bytes`));
      const bytes = await readFile(join(this.#folder, 'journal'));
      const { entries, byteLength } = decodeJournal(new Uint8Array(bytes));
      // What follows was not acknowledged: a flush that a loss of power cut short.
      await this.#cutJournal(byteLength);
      const checkpoint = await this.read(CHECKPOINT_PATH, Infinity);
      if (!checkpoint.ok && checkpoint.failure.code !== 'tile_unknown') return checkpoint;
      return succeed({ checkpoint: checkpoint.ok ? checkpoint.value : null, journal: entries });
    } catch (cause) {
      return storageFailure(cause);
    }
  }

  async keep(entries: readonly JournalEntry[]): Promise<Outcome<void>> {
    const bytes = encodeJournal(entries);
    try {
      await writeAll(this.#journal, bytes, this.#journalBytes);
      await this.#journal.datasync();
    } catch (cause) {
      return this.#takeBack(cause);
    }
    this.#journalBytes += bytes.byteLength;
    return succeed(undefined);
  }

  async publish(files: readonly LogFile[], checkpoint: Uint8Array): Promise<Outcome<void>> {
    try {
      const folders = new Set<string>();
      for (const { path, bytes } of files) {
        const there = await this.read(path, Infinity);
        if (there.ok && !equalBytes(there.value, bytes)) return fail(otherBytes(path));
        if (!there.ok) await this.#write(path, bytes);
        // Also where the file was there: its name may not have been flushed.
        for (let up = dirname(path); up !== '.'; up = dirname(up)) folders.add(up);
      }
      for (const path of folders) await syncFolder(join(this.#root, path));
      await syncFolder(this.#root);
      await this.#write(CHECKPOINT_PATH, checkpoint);
      await syncFolder(this.#root);
      await this.#cutJournal(0);
      await this.#dropPartialTiles(files);
      return succeed(undefined);
    } catch (cause) {
      return storageFailure(cause);
    }
  }

  async close(): Promise<void> {
    await this.#journal.close();
    this.#unlock();
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    this.#written += 1;
    const unfinished = join(this.#folder, 'tmp', String(this.#written));
    const file = await open(unfinished, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    const target = join(this.#root, path);
    await mkdir(dirname(target), { recursive: true });
    await rename(unfinished, target);
  }

  /** A flush that failed leaves nothing behind, or the store must be opened anew. */
  async #takeBack(cause: unknown): Promise<Failed> {
    const failed = storageFailure(cause);
    try {
      await this.#cutJournal(this.#journalBytes);
      await this.#journal.datasync();
      return failed;
    } catch (another) {
      const detail = another instanceof Error ? another.message : String(another);
      const text = `the journal cannot be put right after "${failed.failure.message}": ${detail}`;
      return fail(failure('storage_failed', `${text}. Mend the disk and start again.`));
    }
  }

  async #cutJournal(byteLength: number): Promise<void> {
    await this.#journal.truncate(byteLength);
    this.#journalBytes = byteLength;
  }

  /** Partial tiles that a full one has made superfluous. Left where it fails: they do no harm. */
  async #dropPartialTiles(files: readonly LogFile[]): Promise<void> {
    for (const { path } of files) {
      const tile = parseTilePath(path);
      if (tile === null || tile.width !== TILE_WIDTH) continue;
      const folder = join(this.#root, `${tilePath(tile)}.p`);
      await rm(folder, { recursive: true, force: true }).catch(() => null);
    }
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const rest = bytes.byteLength - at;
    at += (await file.write(bytes, at, rest, position + at)).bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

/** What the file system said, as a failure. */
function storageFailure(cause: unknown): Failed {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause) ?? '');
  return isFull
    ? fail(failure('storage_full', `the disk of the log is full: ${detail}. Make room on it.`))
    : fail(failure('storage_failed', `the log's folder failed: ${detail}. Mend it and restart.`));
}

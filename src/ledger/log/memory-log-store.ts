import { failure } from '../../domain/failure.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { CHECKPOINT_PATH } from '../tree/tile-path.ts';
import { parseCheckpoint } from '../notes/checkpoint.ts';
import type { JournalEntry, LogStore } from './log-store.ts';

/** A log in memory: for simulations and tests, gone with the process. */
export function memoryLogStore(): LogStore {
  const files = new Map<string, Uint8Array>();
  let journal: readonly JournalEntry[] = [];
  return {
    async read(path, bytesMax) {
      const bytes = files.get(path);
      if (bytes === undefined) return fail(tileUnknown(path));
      return bytes.byteLength <= bytesMax ? succeed(bytes.slice()) : fail(tileTooLarge(path));
    },
    async recover() {
      return succeed({ checkpoint: files.get(CHECKPOINT_PATH) ?? null, journal });
    },
    async keep(entries) {
      journal = [...journal, ...entries.map((one) => ({ ...one, entry: one.entry.slice() }))];
      return succeed(undefined);
    },
    async publish(published, checkpoint) {
      for (const { path, bytes } of published) {
        const known = files.get(path);
        if (known !== undefined && !equalBytes(known, bytes)) return fail(otherBytes(path));
        files.set(path, bytes.slice());
      }
      files.set(CHECKPOINT_PATH, checkpoint.slice());
      const parsed = parseCheckpoint(checkpoint);
      const size = parsed.ok ? parsed.value.checkpoint.size : 0;
      journal = journal.filter(({ index }) => index >= size);
      return succeed(undefined);
    },
    async close() {},
  };
}

/** That a log has no such file. */
export function tileUnknown(path: string) {
  return failure('tile_unknown', `this log has no ${path}. Read its checkpoint first.`);
}

/** That a file of a log is larger than its reader takes. */
export function tileTooLarge(path: string) {
  return failure('limit_exceeded', `${path} is larger than it can be. Read it from another place.`);
}

/** That a file would get other bytes than it has. */
export function otherBytes(path: string) {
  const text = `${path} is there with other bytes, so that this is not the log that wrote it`;
  return failure('storage_failed', `${text}. Restore the folder, and publish nothing until then.`);
}

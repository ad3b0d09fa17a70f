import { failure, type Failure } from '../../domain/failure.ts';

// Primary result codes of SQLite: the low byte of an extended one.
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** What SQLite or the file system said of a file, as a failure with its remedy; else throws. */
export function storageFailure(cause: unknown, path: string): Failure {
  const sqlite = numberIn(cause, 'errcode');
  if (sqlite !== null) return sqliteFailure(sqlite & 0xff, { detail: messageOf(cause), path });
  const system = textIn(cause, 'code');
  if (system === null) throw cause;
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(system)) return full(path);
  const text = `${path} cannot be opened (${messageOf(cause)})`;
  return failure('storage_failed', `${text}. Check the folder, or choose another with --data.`);
}

function sqliteFailure(code: number, about: { detail: string; path: string }): Failure {
  const { detail, path } = about;
  const failed = (text: string): Failure => failure('storage_failed', text);
  switch (code) {
    case FULL:
      return full(path);
    case BUSY:
    case LOCKED:
      return failed(
        `${path} is in use by another orchestrator. Stop that one, or choose another --data folder.`,
      );
    case READ_ONLY:
    case CANNOT_OPEN:
      return failed(
        `${path} cannot be written (${detail}). Make its folder writable, or choose another with --data.`,
      );
    case CORRUPT:
    case NOT_A_DATABASE:
      return damaged(path, detail);
    case IO_ERROR:
      return failed(`${path} cannot be read or written (${detail}). Check the disk.`);
    default:
      return failed(`${path} failed (${detail}). Check the disk and start again.`);
  }
}

/** A store whose content is broken. */
export function damaged(path: string, detail: string): Failure {
  return failure(
    'storage_failed',
    `${path} is damaged (${detail}). Restore it from a copy, or choose another --data folder.`,
  );
}

function full(path: string): Failure {
  return failure(
    'storage_full',
    `the disk of ${path} is full. Free some space; nothing was lost, and the call may be repeated.`,
    5_000,
  );
}

function numberIn(cause: unknown, key: string): number | null {
  const value = fieldOf(cause, key);
  return typeof value === 'number' ? value : null;
}

function textIn(cause: unknown, key: string): string | null {
  const value = fieldOf(cause, key);
  return typeof value === 'string' ? value : null;
}

function fieldOf(cause: unknown, key: string): unknown {
  return cause instanceof Error ? Object.entries(cause).find(([name]) => name === key)?.[1] : null;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

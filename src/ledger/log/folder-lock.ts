import { DatabaseSync } from 'node:sqlite';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/**
 * Takes a lock that ends with the process, also with `kill -9`; gives how to let it go.
 *
 * Two writers of one log would sign two histories. Node has no file locks, but SQLite does.
 * Errors: "storage_failed" where another process holds it.
 */
export function lockFolder(path: string): Outcome<() => void> {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return succeed(() => database.close());
  } catch (cause) {
    database.close();
    const detail = cause instanceof Error ? cause.message : String(cause);
    const text = `another process writes this log (${path}: ${detail})`;
    return fail(failure('storage_failed', `${text}. End it, or choose another folder.`));
  }
}

import { join } from 'node:path';
import type { Outcome } from '../../domain/outcome.ts';
import type { SigningKey } from '../../integrity/index.ts';
import { openOwnKeyFile } from '../access/own-key-file.ts';

/**
 * The record's key, made at the first run: PKCS#8 as PEM in a file that is its owner's alone. It
 * signs checkpoints, promises and the record's own entries: whoever reads it can sign a fork.
 *
 * Errors: "key_unusable" | "storage_failed".
 */
export function openRecordKey(folder: string): Promise<Outcome<SigningKey>> {
  return openOwnKeyFile({
    path: join(folder, 'record-key.pem'),
    form: 'pem',
    what: "the record's key",
    remedy: 'Restore it from a copy. Without it the record has ended, and another must be begun',
  });
}

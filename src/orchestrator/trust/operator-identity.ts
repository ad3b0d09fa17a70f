import { join } from 'node:path';
import type { Outcome } from '../../domain/outcome.ts';
import type { SigningKey } from '../../integrity/index.ts';
import { openOwnKeyFile } from '../access/own-key-file.ts';

/**
 * The identity that signs for an orchestrator's operator, made at the first run: PKCS#8, as
 * base64url, in a file that is its owner's alone. Whoever reads it could have any key trusted.
 *
 * Errors: "key_unusable" | "storage_failed".
 */
export function openOperatorIdentity(folder: string): Promise<Outcome<SigningKey>> {
  return openOwnKeyFile({
    path: join(folder, 'operator-identity'),
    form: 'base64url',
    what: "the operator's identity",
    remedy: 'Restore it from a copy, or delete it: keys are then to be registered anew',
  });
}

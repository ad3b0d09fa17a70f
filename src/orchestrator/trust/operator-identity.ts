import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import {
  decodeBase64url,
  encodeBase64url,
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
} from '../../integrity/index.ts';

/**
 * The identity that signs for an orchestrator's operator, made at the first run: PKCS#8, as
 * base64url, in a file that is its owner's alone. Whoever reads it could have any key trusted.
 *
 * Errors: "key_unusable" | "storage_failed".
 */
export async function openOperatorIdentity(folder: string): Promise<Outcome<SigningKey>> {
  const path = join(folder, 'operator-identity');
  try {
    const held = readIdentity(path);
    if (held !== null) return await held;
    const made = await generateSigningKey({ extractable: true });
    if (!made.ok) return made;
    const pkcs8 = await exportSigningKey(made.value);
    if (!pkcs8.ok) return pkcs8;
    keepWhole(path, encodeBase64url(pkcs8.value));
    return (await readIdentity(path)) ?? unusable(path, 'vanished. Start again');
  } catch (cause) {
    const text = `${path} cannot be read or written (${String(cause)})`;
    return fail(failure('storage_failed', `${text}. Check the folder's permissions.`));
  }
}

function readIdentity(path: string): Promise<Outcome<SigningKey>> | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return Promise.resolve(unusable(path, `can be read by others. Run: chmod 600 ${path}`));
  }
  const pkcs8 = decodeBase64url(readFileSync(path, 'utf8').trim());
  if (pkcs8 !== null) return importSigningKey(pkcs8);
  const remedy = 'Restore it from a copy, or delete it: keys are then to be registered anew';
  return Promise.resolve(unusable(path, `holds no key. ${remedy}`));
}

/** Written under another name first, so that it is whole or absent; an existing one stays. */
function keepWhole(path: string, text: string): void {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(unfinished, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
    linkSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function unusable(path: string, what: string): Outcome<never> {
  return fail(failure('key_unusable', `the operator's identity ${path} ${what}.`));
}

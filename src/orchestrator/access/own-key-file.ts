import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { makeFolder } from '../../data/node.ts';
import { dirname } from 'node:path';
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

/** A file with a key that signs for this orchestrator. */
export type OwnKeyFile = {
  readonly path: string;
  /** PKCS#8, as base64url or as PEM. */
  readonly form: 'base64url' | 'pem';
  /** What it is, in messages: "the operator's identity". */
  readonly what: string;
  /** What follows from its loss, in messages. */
  readonly remedy: string;
};

/**
 * The signing key in a file, made at the first run. The file is its owner's alone.
 *
 * Errors: "key_unusable" | "storage_failed".
 */
export async function openOwnKeyFile(file: OwnKeyFile): Promise<Outcome<SigningKey>> {
  const { path } = file;
  try {
    const held = readKey(file);
    if (held !== null) return await held;
    const made = await generateSigningKey({ extractable: true });
    if (!made.ok) return made;
    const pkcs8 = await exportSigningKey(made.value);
    if (!pkcs8.ok) return pkcs8;
    makeFolder(dirname(path));
    keepWhole(path, file.form === 'pem' ? pemOf(pkcs8.value) : encodeBase64url(pkcs8.value));
    return (await readKey(file)) ?? unusable(file, 'vanished. Start again');
  } catch (cause) {
    const text = `${path} cannot be read or written (${String(cause)})`;
    return fail(failure('storage_failed', `${text}. Check the folder's permissions.`));
  }
}

function readKey(file: OwnKeyFile): Promise<Outcome<SigningKey>> | null {
  const { path, form, remedy } = file;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return Promise.resolve(unusable(file, `can be read by others. Run: chmod 600 ${path}`));
  }
  const text = readFileSync(path, 'utf8').trim();
  const pkcs8 = form === 'pem' ? bytesOfPem(text) : decodeBase64url(text);
  if (pkcs8 !== null) return importSigningKey(pkcs8);
  return Promise.resolve(unusable(file, `holds no key. ${remedy}`));
}

function pemOf(pkcs8: Uint8Array): string {
  const base64 = Buffer.from(pkcs8).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----'].join('\n');
}

function bytesOfPem(text: string): Uint8Array | null {
  const pattern = /^-----BEGIN PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)\s-----END PRIVATE KEY-----$/;
  const [, base64] = pattern.exec(text) ?? [];
  return base64 === undefined ? null : new Uint8Array(Buffer.from(base64, 'base64'));
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

function unusable({ what, path }: OwnKeyFile, why: string): Outcome<never> {
  return fail(failure('key_unusable', `${what} ${path} ${why}.`));
}

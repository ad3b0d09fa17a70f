import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../data/node.ts';
import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
} from '../../integrity/index.ts';

/** Where an agent's key is kept unless told otherwise. */
export function defaultKeyFile(): string {
  return join(homedir(), '.manyhands', 'agent-key.pem');
}

/**
 * The identity in a key file (PKCS#8 in PEM), made there the first time.
 *
 * The file is for its owner alone (0600, in a folder of 0700). One that others may read is
 * refused: whoever reads it can act as this agent. An existing file is never overwritten; of two
 * processes that make one at once, one wins and both use it.
 * Errors: "key_unusable".
 */
export async function openKeyFile(path: string): Promise<Outcome<SigningKey>> {
  try {
    const held = await readKey(path);
    if (held !== null) return held;
    const made = await makeKey(path);
    if (made !== null) return fail(made.failure);
    return (await readKey(path)) ?? unusable(path, 'vanished. Try again');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return unusable(path, `cannot be used: ${detail}. Name another with --key`);
  }
}

async function readKey(path: string): Promise<Outcome<SigningKey> | null> {
  const found = await stat(path).catch((cause: unknown) => {
    if (isCode(cause, 'ENOENT')) return null;
    throw cause;
  });
  if (found === null) return null;
  if (!found.isFile()) return unusable(path, 'is not a file. Name another with --key');
  // Windows has no such bits: there the folder's own permissions protect it.
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return unusable(path, `can be read by others. Run: chmod 600 ${path}`);
  }
  const text = await readFile(path, 'utf8');
  const body = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(text);
  if (body?.[1] === undefined) {
    const remedy = 'Restore it from a copy, or move it away to begin as a new agent';
    return unusable(path, `holds no private key in PEM. ${remedy}`);
  }
  const key = await importSigningKey(Buffer.from(body[1], 'base64'));
  return key.ok ? key : unusable(path, key.failure.message);
}

/** Writes a new key under another name and links it to its own, so that it is whole or absent. */
async function makeKey(path: string): Promise<ReturnType<typeof fail> | null> {
  const key = await generateSigningKey({ extractable: true });
  if (!key.ok) return key;
  const pkcs8 = await exportSigningKey(key.value);
  if (!pkcs8.ok) return pkcs8;
  makeFolder(dirname(path));
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(pemOf(pkcs8.value));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(unfinished, path).catch((cause: unknown) => {
      // Another process was first: its key is this machine's.
      if (!isCode(cause, 'EEXIST')) throw cause;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  return null;
}

function pemOf(pkcs8: Uint8Array): string {
  const lines =
    Buffer.from(pkcs8)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}

function unusable(path: string, what: string): ReturnType<typeof fail> {
  return fail(failure('key_unusable', `the key file ${path} ${what}.`));
}

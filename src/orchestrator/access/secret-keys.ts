import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../data/node.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/** A producer's key: `mh_` and 43 characters of base64url. */
const PATTERN = /^mh_[A-Za-z0-9_-]{43}$/;
/** An operator's key: `mho_` and 43 characters of base64url. */
const OPERATOR_PATTERN = /^mho_[A-Za-z0-9_-]{43}$/;

/** The API key of a store, made at its first run. Errors: as `openKey`. */
export function openApiKey(folder: string): Outcome<string> {
  return openKey(join(folder, 'api-key'), { prefix: 'mh_', pattern: PATTERN, what: 'API key' });
}

/** The operator's key of a store, made at its first run. Errors: as `openKey`. */
export function openOperatorKey(folder: string): Outcome<string> {
  const path = join(folder, 'operator-key');
  return openKey(path, { prefix: 'mho_', pattern: OPERATOR_PATTERN, what: 'operator key' });
}

/**
 * The key in a file, made where there is none. The file is its owner's alone.
 *
 * Errors: "storage_failed" | "config_invalid".
 */
function openKey(
  path: string,
  of: { readonly prefix: string; readonly pattern: RegExp; readonly what: string },
): Outcome<string> {
  try {
    const key = `${of.prefix}${randomBytes(32).toString('base64url')}`;
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return succeed(key);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      return unusable(path, cause);
    }
  }
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (!of.pattern.test(key)) {
      const text = `${path} holds no ${of.what} (${of.prefix} and 43 characters)`;
      return fail(failure('config_invalid', `${text}. Delete it, and a new one is made.`));
    }
    chmodSync(path, 0o600);
    return succeed(key);
  } catch (cause) {
    return unusable(path, cause);
  }
}

/** Puts another key in the place of a folder's own. Errors: "storage_failed". */
export function keepApiKey(folder: string, key: string): Outcome<string> {
  const path = join(folder, 'api-key');
  try {
    rmSync(path, { force: true });
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return succeed(key);
  } catch (cause) {
    return unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): Outcome<never> {
  const text = `${path} cannot be read or written (${String(cause)})`;
  return fail(failure('storage_failed', `${text}. Check the folder's permissions.`));
}

/** Succeeds with the right key in an `authorization` header. In constant time. */
export function checkApiKey(key: string, authorization: string | null): Outcome<void> {
  if (isBearer(key, authorization)) return succeed(undefined);
  const text = authorization === null ? 'this call needs an API key' : 'this API key is not known';
  const remedy = 'Give the one that the orchestrator printed: --api-key or MANYHANDS_API_KEY';
  return fail(failure('api_key_invalid', `${text}. ${remedy}.`));
}

/** As `checkApiKey`, with the operator's key. */
export function checkOperatorKey(key: string, authorization: string | null): Outcome<void> {
  if (isBearer(key, authorization)) return succeed(undefined);
  const text =
    authorization === null ? "this call needs the operator's key" : 'this is not the operator key';
  const remedy =
    'It is in the file operator-key of the data folder: --operator-key or MANYHANDS_OPERATOR_KEY';
  return fail(failure('operator_key_invalid', `${text}. ${remedy}.`));
}

function isBearer(key: string, authorization: string | null): boolean {
  // The header is the client's. Digests of both are of one length, as the comparison needs.
  const given = /^Bearer (\S{1,200})$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(given), sha256(key));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A running orchestrator, as commands of the same user find it. */
type Announcement = {
  readonly url: string;
  readonly apiKey: string;
  readonly operatorKey: string;
};

/**
 * Tells this user's commands of an orchestrator on this machine; the result takes that back.
 *
 * Errors: "storage_failed"; then commands need the key.
 */
export function announce(
  home: string,
  running: Announcement & { readonly port: number },
): Outcome<() => void> {
  const { port, ...announcement } = running;
  const path = announcementPath(home, port);
  try {
    makeFolder(join(home, 'running'));
    // Anew and not over an older file, whose mode would stay.
    rmSync(path, { force: true });
    writeFileSync(path, JSON.stringify(announcement), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const text = `commands here will not find the API key: ${path} cannot be written`;
    const remedy = 'Give them --api-key, or choose another --home';
    return fail(failure('storage_failed', `${text} (${String(cause)}). ${remedy}.`));
  }
  return succeed(() => rmSync(path, { force: true }));
}

/**
 * The API key of the orchestrator at a URL, where one of this user's runs there on this machine;
 * otherwise null. A key is never given for another machine's address.
 */
export function findApiKey(url: string, home: string): string | null {
  return findKey(url, home, { field: 'apiKey', pattern: PATTERN });
}

/** As `findApiKey`, the operator's key. */
export function findOperatorKey(url: string, home: string): string | null {
  return findKey(url, home, { field: 'operatorKey', pattern: OPERATOR_PATTERN });
}

function findKey(
  url: string,
  home: string,
  { field, pattern }: { readonly field: keyof Announcement; readonly pattern: RegExp },
): string | null {
  let at: URL;
  try {
    at = new URL(url);
  } catch {
    // Not a URL: whoever uses it will say so.
    return null;
  }
  if (!isLoopback(at.hostname)) return null;
  const port = at.port === '' ? (at.protocol === 'https:' ? 443 : 80) : Number(at.port);
  try {
    const found: unknown = JSON.parse(readFileSync(announcementPath(home, port), 'utf8'));
    if (typeof found !== 'object' || found === null) return null;
    const key: unknown = Reflect.get(found, field);
    return typeof key === 'string' && pattern.test(key) ? key : null;
  } catch {
    // None runs there, or it is another user's.
    return null;
  }
}

/** Whether a host name can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);
}

function announcementPath(home: string, port: number): string {
  return join(home, 'running', `${port}.json`);
}

// The keys that an operator registered, in one file of the data folder that is replaced as a whole.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { TRUSTED_KEYS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeBase64url, encodeBase64url, type SigningKey } from '../../integrity/index.ts';
import type { Logger } from '../logger.ts';
import {
  signTrust,
  trustStateOf,
  verifyTrust,
  type SignedTrust,
  type Trust,
} from './trust-descriptor.ts';

export type RegisteredKey = { readonly trust: Trust; readonly signed: SignedTrust };

export type TrustBook = {
  isTrusted(agent: AgentId, nowMs: number): boolean;
  /** By key. */
  list(): readonly RegisteredKey[];
  /** When some key begins or ends to be trusted next; null: never. */
  nextChangeAtMs(nowMs: number): number | null;
  /** Registers a key, durably. Errors: "limit_exceeded" | "storage_failed" | "key_unusable". */
  register(trust: Trust): Promise<Outcome<RegisteredKey>>;
  /** Forgets a key, durably; tells whether it was registered. Errors: "storage_failed". */
  revoke(agent: AgentId): Promise<Outcome<boolean>>;
};

/**
 * Opens the book of a data folder; an absent file is an empty one.
 *
 * Each descriptor is verified: those that this operator did not sign are left out, and told.
 * Errors: "storage_failed" where the file cannot be read or is none of ours.
 */
export async function openTrustBook(
  folder: string,
  of: { readonly operator: SigningKey; readonly logger: Logger },
): Promise<Outcome<TrustBook>> {
  const path = join(folder, 'trusted-keys.json');
  const kept = readKept(path);
  if (!kept.ok) return kept;
  let keys = new Map<AgentId, RegisteredKey>();
  for (const signed of kept.value) {
    const trust = await verifyTrust(signed, of.operator.agent);
    if (trust.ok) keys.set(trust.value.agent, { trust: trust.value, signed });
    else of.logger.warn(`a key in ${path} is left out: ${trust.failure.message}`);
  }
  // One change after the other: each file is written from the one before.
  let last: Promise<unknown> = Promise.resolve();
  const change = <T>(make: () => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const changing = last.then(make);
    last = changing.catch(() => {});
    return changing;
  };
  /** What was written is true from here on, and not before. */
  const replace = async (next: Map<AgentId, RegisteredKey>): Promise<Outcome<void>> => {
    const written = await writeKept(path, [...next.values()]);
    if (written.ok) keys = next;
    return written;
  };
  return succeed({
    isTrusted(agent, nowMs) {
      const registered = keys.get(agent);
      return registered !== undefined && trustStateOf(registered.trust, nowMs) === 'trusted';
    },
    list: () => [...keys.values()].sort((a, b) => (a.trust.agent < b.trust.agent ? -1 : 1)),
    nextChangeAtMs(nowMs) {
      const times = [...keys.values()].flatMap(({ trust }) => [trust.notBeforeMs, trust.expiresMs]);
      const next = Math.min(...times.filter((atMs) => atMs > nowMs));
      return next === Infinity ? null : next;
    },
    register: (trust) =>
      change(async () => {
        if (keys.size >= TRUSTED_KEYS_MAX && !keys.has(trust.agent)) {
          const text = `${TRUSTED_KEYS_MAX} keys are registered, and no more may be`;
          return fail(failure('limit_exceeded', `${text}. Revoke others first.`));
        }
        const signed = await signTrust(trust, of.operator);
        if (!signed.ok) return signed;
        const registered = { trust, signed: signed.value };
        const replaced = await replace(new Map(keys).set(trust.agent, registered));
        return replaced.ok ? succeed(registered) : replaced;
      }),
    revoke: (agent) =>
      change(async () => {
        if (!keys.has(agent)) return succeed(false);
        const next = new Map(keys);
        next.delete(agent);
        const replaced = await replace(next);
        return replaced.ok ? succeed(true) : replaced;
      }),
  });
}

function readKept(path: string): Outcome<readonly SignedTrust[]> {
  const invalid = (what: string): Outcome<never> => {
    const remedy = 'Restore it from a copy, or move it away and register keys anew';
    return fail(failure('storage_failed', `${path} ${what}. ${remedy}.`));
  };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return isAbsent ? succeed([]) : invalid(`cannot be read (${String(cause)})`);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed)) return invalid('is no list of keys');
    return succeed(parsed.map(signedFrom));
  } catch (cause) {
    return invalid(`is not JSON (${String(cause)})`);
  }
}

/** An entry as it stands in the file; what is no bytes is no bytes that anybody signed. */
function signedFrom(entry: unknown): SignedTrust {
  const bytesOf = (field: keyof SignedTrust): Uint8Array => {
    const text: unknown = typeof entry === 'object' && entry ? Reflect.get(entry, field) : null;
    return (typeof text === 'string' ? decodeBase64url(text) : null) ?? new Uint8Array();
  };
  return { descriptor: bytesOf('descriptor'), signature: bytesOf('signature') };
}

/** Whole or not at all: written under another name, then put in the place of the former one. */
async function writeKept(path: string, keys: readonly RegisteredKey[]): Promise<Outcome<void>> {
  const entries = keys.map(({ trust, signed }) => ({
    // For people: only what is signed counts.
    name: trust.name,
    key: trust.agent,
    descriptor: encodeBase64url(signed.descriptor),
    signature: encodeBase64url(signed.signature),
  }));
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(entries, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path));
    return succeed(undefined);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    const text = `${path} cannot be written (${String(cause)})`;
    return fail(failure('storage_failed', `${text}. Check the folder and the disk's space.`));
  }
}

/** So that a power cut does not bring the former file back; Windows does not know of it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

// The checkpoints that this user saw, one file a log: <home>/pins/<name>+<key id>.json. Whoever
// comes back with another history than the one that is pinned is found out.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  encodeForkProof,
  formatVerifierKey,
  parseVerifierKey,
  type ForkProof,
  type VerifierKey,
} from '../ledger/index.ts';
import { writeOutputFile } from './output-file.ts';

/** What is pinned of a log. */
export type PinnedLog = { readonly key: VerifierKey; readonly checkpoint: Uint8Array };

export type PinsFolder = {
  /** What is pinned under a name, perhaps of several keys. Errors: storage_failed. */
  load(origin: string): Promise<Outcome<readonly PinnedLog[]>>;
  /** Errors: storage_full, storage_failed. */
  save(pin: PinnedLog): Promise<Outcome<void>>;
  /** Keeps the proof of a fork; gives its path. Errors: storage_full, storage_failed. */
  keepProof(key: VerifierKey, proof: ForkProof): Promise<Outcome<string>>;
};

/** The pins of a user. */
export function pinsFolder(environment: Readonly<Record<string, string | undefined>>): PinsFolder {
  const home = environment['MANYHANDS_HOME'] ?? join(homedir(), '.manyhands');
  const folder = join(home, 'pins');
  return {
    async load(origin) {
      try {
        const names = await readdir(folder).catch(() => []);
        const beginning = `${nameOf(origin)}+`;
        const pins: PinnedLog[] = [];
        for (const name of names) {
          if (!name.startsWith(beginning) || !name.endsWith('.json')) continue;
          const pin = parsePin(await readFile(join(folder, name), 'utf8'));
          if (pin === null) return broken(join(folder, name));
          if (pin.key.name === origin) pins.push(pin);
        }
        return succeed(pins);
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        return fail(failure('storage_failed', `the pins in ${folder} cannot be read: ${detail}.`));
      }
    },
    save({ key, checkpoint }) {
      const text = Buffer.from(checkpoint).toString('base64');
      const json = JSON.stringify({ log: formatVerifierKey(key), checkpoint: text });
      return write(folder, `${logFileName(key)}.json`, Buffer.from(`${json}\n`));
    },
    async keepProof(key, proof) {
      const name = `${logFileName(key)}.fork`;
      const written = await write(folder, name, encodeForkProof(proof));
      return written.ok ? succeed(join(folder, name)) : written;
    },
  };
}

async function write(folder: string, name: string, bytes: Uint8Array): Promise<Outcome<void>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('storage_failed', `${folder} cannot be made: ${detail}.`));
  }
  return writeOutputFile(join(folder, name), bytes);
}

function parsePin(text: string): PinnedLog | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return null;
    if (!('log' in parsed) || typeof parsed.log !== 'string') return null;
    if (!('checkpoint' in parsed) || typeof parsed.checkpoint !== 'string') return null;
    const key = parseVerifierKey(parsed.log);
    const checkpoint = new Uint8Array(Buffer.from(parsed.checkpoint, 'base64'));
    return key.ok ? { key: key.value, checkpoint } : null;
  } catch {
    return null;
  }
}

/** What files and folders about a log are named. */
export function logFileName(key: VerifierKey): string {
  return `${nameOf(key.name)}+${key.keyId.toString(16).padStart(8, '0')}`;
}

/** The name of a log, as files can have it. */
function nameOf(origin: string): string {
  return encodeURIComponent(origin).slice(0, 150);
}

function broken(path: string): Outcome<never> {
  const text = `${path} is no pin`;
  return fail(failure('storage_failed', `${text}. Restore it, or delete it and trust anew.`));
}

// Promises of logs that are not redeemed yet, as this user got them:
//
//   <home>/promises/<log>+<key id>/<index>-<entry>.promise   a signed note
//                                  <index>-<entry>.broken    the proof that it was broken
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../domain/failure.ts';
import { PROMISES_KEPT_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  encodeBrokenPromise,
  verifyPromise,
  type BrokenPromise,
  type EntryPromise,
  type VerifierKey,
} from '../ledger/index.ts';
import { writeOutputFile } from './output-file.ts';
import { logFileName } from './pins-folder.ts';

/** A promise in its file. */
export type KeptPromise = {
  readonly name: string;
  readonly promise: EntryPromise;
  readonly bytes: Uint8Array;
};

export type PromisesFolder = {
  /** Errors: limit_exceeded with PROMISES_KEPT_MAX of a log; storage_full, storage_failed. */
  keep(log: VerifierKey, of: Omit<KeptPromise, 'name'>): Promise<Outcome<void>>;
  /** Those of a log, each signed by it. Errors: storage_failed. */
  load(log: VerifierKey): Promise<Outcome<readonly KeptPromise[]>>;
  /** Lets a promise go that was kept. Errors: storage_failed. */
  redeem(log: VerifierKey, name: string): Promise<Outcome<void>>;
  /** Puts the proof in the promise's place; gives its path. Errors: storage_full, storage_failed. */
  keepProof(log: VerifierKey, name: string, proof: BrokenPromise): Promise<Outcome<string>>;
};

const ENDING = '.promise';

/** The promises of a user. */
export function promisesFolder(
  environment: Readonly<Record<string, string | undefined>>,
): PromisesFolder {
  const home = environment['MANYHANDS_HOME'] ?? join(homedir(), '.manyhands');
  const folderOf = (log: VerifierKey): string => join(home, 'promises', logFileName(log));
  return {
    async keep(log, { promise, bytes }) {
      const folder = folderOf(log);
      const names = await promisesIn(folder);
      if (!names.ok) return names;
      if (names.value.length >= PROMISES_KEPT_MAX) {
        const text = `${PROMISES_KEPT_MAX} promises of this log wait in ${folder}`;
        const remedy = '"npx manyhands verify" lets those go that were kept';
        return fail(failure('limit_exceeded', `${text}. ${remedy}.`));
      }
      const made = await attempt(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
      if (!made.ok) return made;
      const name = `${promise.index ?? 'somewhere'}-${promise.entry}${ENDING}`;
      return writeOutputFile(join(folder, name), bytes);
    },

    async load(log) {
      const folder = folderOf(log);
      const names = await promisesIn(folder);
      if (!names.ok) return names;
      const kept: KeptPromise[] = [];
      for (const name of names.value) {
        const read = await attempt(folder, () => readFile(join(folder, name)));
        if (!read.ok) return read;
        const bytes = new Uint8Array(read.value);
        const promise = await verifyPromise(log, bytes);
        if (!promise.ok) {
          const text = `${join(folder, name)} is no promise of this log`;
          return fail(failure('storage_failed', `${text}. Restore it, or delete it.`));
        }
        kept.push({ name, promise: promise.value, bytes });
      }
      return succeed(kept);
    },

    async redeem(log, name) {
      const folder = folderOf(log);
      return attempt(folder, () => rm(join(folder, name), { force: true }));
    },

    async keepProof(log, name, proof) {
      const folder = folderOf(log);
      const path = join(folder, `${name.slice(0, -ENDING.length)}.broken`);
      const written = await writeOutputFile(path, encodeBrokenPromise(proof));
      if (!written.ok) return written;
      const gone = await attempt(folder, () => rm(join(folder, name), { force: true }));
      return gone.ok ? succeed(path) : gone;
    },
  };
}

async function promisesIn(folder: string): Promise<Outcome<readonly string[]>> {
  const names = await attempt(folder, () => readdir(folder).catch(nothingThere));
  return names.ok ? succeed(names.value.filter((name) => name.endsWith(ENDING)).sort()) : names;
}

function nothingThere(cause: unknown): string[] {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
  throw cause;
}

async function attempt<T>(folder: string, act: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return succeed(await act());
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('storage_failed', `the promises in ${folder} cannot be used: ${detail}.`));
  }
}

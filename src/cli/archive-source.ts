import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../domain/failure.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import {
  arweaveTarget,
  restoreLog,
  type ArchiveTarget,
  type RestoredLog,
} from '../execution-machine/index.ts';
import { folderTarget, folderTiles } from '../execution-machine/node.ts';
import type { VerifierKey } from '../ledger/index.ts';
import { openFolderLogStore } from '../ledger/node.ts';
import type { Surroundings } from './command.ts';
import { grouped } from './progress.ts';
import { sourceOf, type RecordSource } from './record-source.ts';

/** The archive at a gateway's address or in a folder; by default the one of this user's home. */
export function archiveAt(
  where: string | undefined,
  environment: Surroundings['environment'],
): ArchiveTarget {
  const home = environment['MANYHANDS_HOME'] ?? join(homedir(), '.manyhands');
  const given = where ?? environment['MANYHANDS_ARCHIVE'] ?? join(home, 'archive');
  if (/^https?:\/\//.test(given)) return arweaveTarget({ gateway: given, bundler: null });
  return folderTarget(given);
}

/**
 * Restores a log from an archive into a folder, telling how far it got.
 *
 * Errors: those of `restoreLog` and of the folder, "tile_unknown" where the archive has nothing.
 */
export async function restoreInto(
  folder: string,
  of: {
    readonly target: ArchiveTarget;
    readonly log: VerifierKey;
    readonly surroundings: Surroundings;
  },
): Promise<Outcome<RestoredLog>> {
  const { target, log, surroundings } = of;
  const { terminal, signal } = surroundings;
  const store = await openFolderLogStore(folder);
  if (!store.ok) return store;
  const onProgress = (size: number): void =>
    terminal.status(`${grouped(size)} entries restored and verified`);
  const restored = await restoreLog({ target, log, store: store.value, signal, onProgress });
  terminal.clearStatus();
  await store.value.close();
  if (!restored.ok) return restored;
  for (const line of missingLines(restored.value)) terminal.note(line);
  if (restored.value.size === 0) {
    const text = `the archive (${target.name}) has nothing of "${log.name.slice(0, 80)}"`;
    return fail(failure('tile_unknown', `${text}. Check --log, and where the archive is.`));
  }
  return restored;
}

/** What an archive lacks in the midst of a log, a line each. */
function missingLines({ missing, knownSize, size }: RestoredLog): readonly string[] {
  if (missing.length === 0) return [];
  const lines = missing.map(({ first, end }) => {
    return `Entries ${first} to ${end - 1} are missing in the archive, which has later ones.`;
  });
  const text = `The log had ${grouped(knownSize)} entries at least; ${grouped(size)} are restored`;
  const remedy = 'Going on under the same key would show two histories';
  return [...lines, `${text}, since nothing can be joined behind a hole. ${remedy}.`];
}

/** Does something with a record that was restored from an archive for it, and then forgets it. */
export async function withArchivedRecord<T>(
  of: Parameters<typeof restoreInto>[1],
  use: (source: RecordSource) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-archive-'));
  try {
    const restored = await restoreInto(folder, of);
    if (!restored.ok) return restored;
    const tiles = folderTiles(join(folder, 'log'));
    const name = `archive (${of.target.name})`;
    const source = await sourceOf({ name, tiles, toldKey: of.log, connection: null });
    return source.ok ? await use(source.value) : source;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The log's key that an option names. Errors: config_invalid. */
export function logOption(
  text: string | undefined,
  parse: (text: string) => Outcome<VerifierKey>,
): Outcome<VerifierKey> {
  if (text !== undefined) return parse(text);
  const remedy = 'Name it with --log, as "npx manyhands archive status" showed it';
  return fail(failure('config_invalid', `whose log shall be read from the archive? ${remedy}.`));
}

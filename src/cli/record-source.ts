import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../domain/failure.ts';
import { NOTE_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { httpTiles } from '../execution-machine/index.ts';
import { folderTiles } from '../execution-machine/node.ts';
import {
  CHECKPOINT_PATH,
  parseCheckpoint,
  parseVerifierKey,
  type TileReader,
  type VerifierKey,
} from '../ledger/index.ts';
import { knownOrchestrators, type Surroundings } from './command.ts';
import { openConnection, parseOrigin, type Connection } from './connection.ts';

/** A record somewhere, which is not trusted. */
export type RecordSource = {
  /** For people. */
  readonly name: string;
  readonly tiles: TileReader;
  /** Name of the log, as its checkpoint says. */
  readonly origin: string;
  /** The key that whoever serves it says is the log's; null where nobody says. */
  readonly toldKey: VerifierKey | null;
  /** The orchestrator that evaluates it; null where there are only files. */
  readonly connection: Connection | null;
};

// What an orchestrator took it publishes a moment later: so often, and so far apart, is looked.
const PUBLISHED_TRIES_MAX = 120;
const PUBLISHED_AGAIN_MS = 250;

/**
 * The record at an orchestrator's address, or in a folder: a copy of its files, or a data folder.
 *
 * Of an orchestrator's, all that it has is published when this answers, or else that is noted.
 *
 * Errors: config_invalid, those of the connection, tile_unknown where there is no record.
 */
export async function openRecordSource(
  from: string | undefined,
  surroundings: Surroundings,
): Promise<Outcome<RecordSource>> {
  const given = from ?? knownOrchestrators(surroundings.environment)[0];
  const folder = from === undefined ? null : await logFolderIn(from);
  if (folder !== null) {
    const found = { name: folder, tiles: folderTiles(folder), toldKey: null, connection: null };
    return sourceOf(found);
  }
  const origin = parseOrigin(given);
  if (!origin.ok || !(/^https?:\/\//i.test(given) || /:\d+$/.test(given))) {
    const text = `--from ${given} is neither a folder with a record nor an address`;
    return fail(failure('config_invalid', `${text}. Write it like http://localhost:8080.`));
  }
  const { signal } = surroundings;
  const connection = openConnection({ origin: origin.value, key: null, signal });
  const told = await connection.call((how) => connection.record.getRecord({}, how));
  if (!told.ok) return told;
  const key = parseVerifierKey(told.value.verifierKey);
  if (!key.ok) return key;
  const tiles = httpTiles(`${origin.value}/record/`, signal);
  await published(tiles, { size: Number(told.value.size), surroundings });
  return sourceOf({ name: origin.value, tiles, toldKey: key.value, connection });
}

/** Waits until as many entries are published as the orchestrator says it has; notes if they never are. */
async function published(
  tiles: TileReader,
  { size, surroundings }: { readonly size: number; readonly surroundings: Surroundings },
): Promise<void> {
  const { terminal, signal } = surroundings;
  let found = 0;
  for (let tries = 0; tries < PUBLISHED_TRIES_MAX; tries++) {
    const bytes = await tiles.read(CHECKPOINT_PATH, NOTE_BYTES_MAX);
    const signed = bytes.ok ? parseCheckpoint(bytes.value) : bytes;
    // Whoever reads it next says what is wrong with it.
    if (!signed.ok || signed.value.checkpoint.size >= size || signal.aborted) return;
    found = signed.value.checkpoint.size;
    await pause(PUBLISHED_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
  terminal.note(
    `Of ${size} entries that the orchestrator has, ${found} are published: only these are read.`,
  );
}

/** A source of tiles whose checkpoint says what log it is. */
export async function sourceOf(
  found: Omit<RecordSource, 'origin'>,
): Promise<Outcome<RecordSource>> {
  const bytes = await found.tiles.read(CHECKPOINT_PATH, NOTE_BYTES_MAX);
  if (!bytes.ok) return bytes;
  const signed = parseCheckpoint(bytes.value);
  if (!signed.ok) return signed;
  return succeed({ ...found, origin: signed.value.checkpoint.origin });
}

/** Where below a folder the files of a log are; null where there are none. */
async function logFolderIn(folder: string): Promise<string | null> {
  for (const below of ['.', 'log', join('record', 'log')]) {
    const found = await stat(join(folder, below, CHECKPOINT_PATH)).catch(() => null);
    if (found?.isFile() === true) return join(folder, below);
  }
  return null;
}

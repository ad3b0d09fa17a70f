// The state of all functions after so many entries, so that a start need not fold the log from its
// beginning. It is written beside the former one and put in its place as a whole; one that is lost
// or damaged costs time and nothing else.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { ENGINE_ID, MachineState } from '../../execution-machine/index.ts';
import { decodeCanonical, encodeCanonical, fieldsOf } from '../../integrity/index.ts';
import { RecentOutcomes } from './recent-outcomes.ts';

/** A state and how the log was read to it. */
export type Snapshot = {
  /** Entries that it covers. */
  readonly size: number;
  /** The time of the entries that follow. Unix time in ms. */
  readonly atMs: number;
  /** sha-256 of the last entry that it covers. */
  readonly lastEntry: Uint8Array;
  readonly state: MachineState;
  readonly outcomes: RecentOutcomes;
};

const VERSION = 1;

/** Writes a snapshot in the place of the former one. Throws what the file system does. */
export function writeSnapshot(folder: string, of: Snapshot & { readonly stateBytes: Uint8Array }) {
  const bytes = encodeCanonical({
    version: VERSION,
    engine: ENGINE_ID,
    size: of.size,
    atMs: of.atMs,
    lastEntry: of.lastEntry,
    outcomes: of.outcomes.rows(),
    state: of.stateBytes,
  });
  mkdirSync(folder, { recursive: true });
  const unfinished = `${pathIn(folder)}.new`;
  const file = openSync(unfinished, 'w', 0o600);
  try {
    for (let written = 0; written < bytes.byteLength;) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, pathIn(folder));
}

/**
 * Reads the snapshot of a folder; null where there is none.
 *
 * Its rows are held to the root that it names. Errors: "storage_failed", and those of
 * `MachineState.restore`.
 */
export function readSnapshot(folder: string): Outcome<Snapshot | null> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(pathIn(folder));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return succeed(null);
    return broken(String(cause));
  }
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return broken('its bytes are damaged');
  const fields = fieldsOf(decoded.value);
  const [version, engine] = [fields?.get('version'), fields?.get('engine')];
  const [size, atMs] = [fields?.get('size'), fields?.get('atMs')];
  const [lastEntry, state] = [fields?.get('lastEntry'), fields?.get('state')];
  const recent = RecentOutcomes.from(fields?.get('outcomes'));
  if (version !== VERSION || engine !== ENGINE_ID) return broken('it is of another version');
  if (typeof size !== 'number' || typeof atMs !== 'number' || recent === null) {
    return broken('its fields are others');
  }
  if (!(lastEntry instanceof Uint8Array) || !(state instanceof Uint8Array)) {
    return broken('its fields are others');
  }
  const restored = MachineState.restore(state);
  if (!restored.ok) return restored;
  return succeed({ size, atMs, lastEntry, state: restored.value, outcomes: recent });
}

/** Deletes the snapshot of a folder. */
export function dropSnapshot(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}

function pathIn(folder: string): string {
  return join(folder, 'state.snapshot');
}

function broken(why: string): Outcome<never> {
  const text = `the snapshot of the functions is not used: ${why}`;
  return fail(failure('storage_failed', `${text}. The log is folded from its beginning instead.`));
}

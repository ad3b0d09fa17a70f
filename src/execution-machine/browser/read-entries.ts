import { succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeCanonical,
  fieldsOf,
  VerifyingKeys,
  type CanonicalValue,
} from '../../integrity/index.ts';
import {
  decodeCredits,
  LogTree,
  TILE_WIDTH,
  verifyEntry,
  type Entry,
  type TileReader,
  type VerifiedEntry,
} from '../../ledger/index.ts';
import { functionIdOf } from '../function-id.ts';
import { LogReading, type LogEntry } from '../log-entry.ts';
import type { EntryAbout, KnownLog, ReadEntry } from './record-api.ts';

const WORD_CHARS_MAX = 60;

/**
 * The entries of one bundle, each held to its leaf and its owner's signature.
 *
 * Errors: "proof_invalid", "signature_invalid", and the reader's.
 */
export async function readEntries(
  { head, logKey }: Omit<KnownLog, 'files'>,
  bundle: number,
  reader: TileReader,
): Promise<Outcome<readonly ReadEntry[]>> {
  const tree = await LogTree.open(reader, head);
  if (!tree.ok) return tree;
  const bytes = await tree.value.entries(bundle);
  if (!bytes.ok) return bytes;
  const keys = new VerifyingKeys();
  const reading = new LogReading(logKey);
  const read: ReadEntry[] = [];
  for (const [at, one] of bytes.value.entries()) {
    const verified = await verifyEntry(one, keys);
    if (!verified.ok) return verified;
    const index = bundle * TILE_WIDTH + at;
    const logEntry = reading.read(index, verified.value.entry);
    read.push(
      readEntryOf(verified.value, {
        index,
        atMs: reading.atMs === 0 ? null : reading.atMs,
        about: aboutOf(logEntry, verified.value.entry),
        byteLength: one.byteLength,
      }),
    );
  }
  return succeed(read);
}

function readEntryOf(
  { id, entry }: VerifiedEntry,
  place: Pick<ReadEntry, 'index' | 'atMs' | 'about' | 'byteLength'>,
): ReadEntry {
  const { owner, tags } = entry;
  const decoded = decodeCanonical(entry.body);
  return { id, owner, tags, body: decoded.ok ? decoded.value : undefined, ...place };
}

function aboutOf(logEntry: LogEntry, { tags, body }: Entry): EntryAbout {
  switch (logEntry.kind) {
    case 'time':
      return { kind: 'time', atMs: logEntry.atMs };
    case 'root':
      return { kind: 'root', ...logEntry.claim };
    case 'other':
      return { kind: 'other', tags: tags.map(({ name, value }) => shortened(`${name}: ${value}`)) };
    case 'action': {
      const { entry } = logEntry;
      const fields = fieldsOf(entry.body) ?? new Map<string, CanonicalValue>();
      if (entry.function === 'deploy') return { kind: 'deploy', function: deployedId(fields) };
      if (entry.function === 'upgrade') {
        return { kind: 'upgrade', function: textIn(fields.get('function')) };
      }
      const action = textIn(fields.get('kind'));
      if (action !== 'credits' && action !== 'debits') {
        return { kind: 'action', function: entry.function, action };
      }
      const tasks = decodeCredits(body, action);
      if (!tasks.ok) return { kind: 'action', function: entry.function, action };
      const keyCount = new Set(tasks.value.map(({ agent }) => agent)).size;
      const taskCount = tasks.value.length;
      return { kind: action, function: entry.function, taskCount, keyCount };
    }
  }
}

function deployedId(fields: ReadonlyMap<string, CanonicalValue>): string | null {
  const [engine, source] = [fields.get('engine'), fields.get('source')];
  const governance = fields.get('governance');
  if (typeof engine !== 'string' || typeof source !== 'string') return null;
  if (governance !== null && typeof governance !== 'string') return null;
  return functionIdOf({ engine, source, governance });
}

function textIn(value: CanonicalValue | undefined): string | null {
  return typeof value === 'string' ? shortened(value) : null;
}

function shortened(text: string): string {
  return text.length > WORD_CHARS_MAX ? `${text.slice(0, WORD_CHARS_MAX)}…` : text;
}

import { assertNever } from '../../domain/assert.ts';
import type { EntryAbout, ReadEntry } from '../../execution-machine/browser/record-api.ts';
import { encodeBase64url, type CanonicalValue } from '../../integrity/index.ts';
import { shortIdOf } from '../short-id.ts';
import { instantWords, LEDGER } from './ledger-text.ts';
import type { NamedFunction } from './record-view.ts';

const TAIL_CHARS = 8;

/** What an entry says, in a sentence. */
export function entryWords(about: EntryAbout, functions: readonly NamedFunction[]): string {
  const words = LEDGER.about;
  switch (about.kind) {
    case 'time':
      return words.time(instantWords(about.atMs));
    case 'root':
      return words.root(about.index);
    case 'credits':
      return words.credits(about.taskCount, about.keyCount);
    case 'debits':
      return words.debits(about.taskCount, about.keyCount);
    case 'deploy':
      return words.deploy(functionWords(about.function, functions));
    case 'upgrade':
      return words.upgrade(functionWords(about.function, functions));
    case 'action':
      return words.action(functionWords(about.function, functions), about.action);
    case 'other':
      return words.other;
    default:
      return assertNever(about);
  }
}

/** The name of one of the network's functions, or the end of another's id. */
export function functionWords(id: string | null, functions: readonly NamedFunction[]): string {
  if (id === null) return LEDGER.about.unknown;
  const name = functions.find((one) => one.id === id)?.name;
  return name ?? (id.length > TAIL_CHARS ? `…${id.slice(-TAIL_CHARS)}` : id);
}

/** Who signed an entry, in few characters. */
export function ownerWords({ owner }: Pick<ReadEntry, 'owner'>, logKey: string): string {
  return owner === logKey ? LEDGER.ownerLog : shortIdOf(owner);
}

/** Data as JSON to look at; bytes as `{"bytes": base64url}`. */
export function bodyText(value: CanonicalValue | undefined): string {
  return value === undefined ? LEDGER.rawNone : JSON.stringify(shown(value), null, 2);
}

function shown(value: CanonicalValue): unknown {
  if (value instanceof Uint8Array) return { bytes: encodeBase64url(value) };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item)]));
}

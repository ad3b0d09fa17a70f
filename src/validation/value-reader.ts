import { failure, type FailureCode } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { CanonicalValue } from '../integrity/index.ts';

/** Ends the reading of a value; `readStrictly` turns it into a failure, and nobody else sees it. */
class Refused extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads a value of a stranger's; the first thing that is wrong with it ends the reading.
 *
 * Errors: those that were refused within.
 */
export function readStrictly<T>(read: () => T): Outcome<T> {
  try {
    return succeed(read());
  } catch (thrown) {
    if (thrown instanceof Refused) return fail(failure(thrown.code, thrown.message));
    throw thrown;
  }
}

/** Ends a reading within `readStrictly`. */
export function refuse(message: string, code: FailureCode = 'input_malformed'): never {
  throw new Refused(code, message);
}

/** The value of an outcome within `readStrictly`; its failure, with what was read, ends it. */
export function required<T>(outcome: Outcome<T>, what: string): T {
  if (outcome.ok) return outcome.value;
  return refuse(`${what}: ${outcome.failure.message}`, outcome.failure.code);
}

/** A value and its name for messages. */
export type Named = { readonly value: CanonicalValue | undefined; readonly name: string };

/** The fields of a map that has exactly these. */
export function fieldsOf<Name extends string>(
  { value, name }: Named,
  names: readonly Name[],
): (field: Name) => Named {
  const entries = entriesOf({ value, name });
  for (const [key] of entries) {
    if (!names.some((known) => known === key))
      refuse(`${name} has an unknown field "${shown(key)}"`);
  }
  const fields = new Map(entries);
  for (const field of names) if (!fields.has(field)) refuse(`${name} has no field "${field}"`);
  return (field) => ({ value: fields.get(field), name: `${name}.${field}` });
}

/** The keys and values of a map. */
export function entriesOf({ value, name }: Named): [string, CanonicalValue][] {
  const isMap =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array);
  return isMap ? Object.entries(value) : refuse(`${name} is no map`);
}

/** The items of a list of so many at most. */
export function itemsOf({ value, name }: Named, most: number): readonly Named[] {
  if (!Array.isArray(value)) return refuse(`${name} is no list`);
  if (value.length > most) refuse(`${name} has ${value.length} items, at most ${most} may be`);
  // Array.isArray leaves readonly arrays out of its type.
  const items: readonly CanonicalValue[] = value;
  return items.map((item, index) => ({ value: item, name: `${name}[${index}]` }));
}

/** Text of so many characters at most. */
export function textOf({ value, name }: Named, most: number): string {
  if (typeof value !== 'string') return refuse(`${name} is no text`);
  if (value.length > most) refuse(`${name} has more than ${most} characters`);
  return value;
}

/** One of some words. */
export function wordOf<Word extends string>({ value, name }: Named, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  return found ?? refuse(`${name} is none of ${words.join(', ')}`);
}

/** A natural number from 0 to `most`. */
export function naturalOf({ value, name }: Named, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  return refuse(`${name} is no number from 0 to ${most}`);
}

/** True or false. */
export function truthOf({ value, name }: Named): boolean {
  return typeof value === 'boolean' ? value : refuse(`${name} is neither true nor false`);
}

/** Bytes: so many at most, or exactly so many. */
export function bytesOf(
  { value, name }: Named,
  size: { readonly most: number } | { readonly exactly: number },
): Uint8Array {
  if (!(value instanceof Uint8Array)) return refuse(`${name} is not bytes`);
  const { byteLength } = value;
  if ('most' in size && byteLength > size.most) {
    refuse(`${name} has ${byteLength} bytes, at most ${size.most} may be`, 'limit_exceeded');
  }
  if ('exactly' in size && byteLength !== size.exactly) {
    refuse(`${name} has ${byteLength} bytes instead of ${size.exactly}`);
  }
  return value;
}

/** Text of a stranger's, cut for a message. */
export function shown(text: string): string {
  return text.slice(0, 80);
}

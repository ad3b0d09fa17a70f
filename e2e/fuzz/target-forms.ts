import { assert } from '../../src/domain/assert.ts';
import { NOTE_BYTES_MAX } from '../../src/domain/limits.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { equalBytes } from '../../src/integrity/index.ts';
import type { Target } from './fuzz.ts';

/** A decoder whose bytes have one form: what it read is written as it was. */
export function exact<Value>(
  name: string,
  seeds: readonly Uint8Array[],
  of: {
    readonly bytesMax: number;
    readonly read: (bytes: Uint8Array) => Outcome<Value> | Promise<Outcome<Value>>;
    readonly write: (value: Value) => Uint8Array;
    readonly isOneForm?: (bytes: Uint8Array) => boolean;
    /** What is of interest of a failure's text; left out: all of it. */
    readonly said?: (message: string) => string;
  },
): Target {
  const { bytesMax, read, write, isOneForm = () => true, said = (message) => message } = of;
  return {
    name,
    seeds,
    bytesMax,
    async decode(bytes) {
      const outcome = await read(bytes);
      if (!outcome.ok) return `${outcome.failure.code}: ${said(outcome.failure.message)}`;
      if (!isOneForm(bytes)) return 'another form';
      assert(equalBytes(write(outcome.value), bytes), 'what was read is written as it was');
      return 'read';
    },
  };
}

/** A decoder of what may be written in several ways. */
export function plain(
  name: string,
  seeds: readonly Uint8Array[],
  read: (bytes: Uint8Array) => Outcome<unknown> | Promise<Outcome<unknown>>,
  bytesMax = NOTE_BYTES_MAX + 64,
): Target {
  return {
    name,
    seeds,
    bytesMax,
    async decode(bytes) {
      const outcome = await read(bytes);
      return outcome.ok ? 'read' : `${outcome.failure.code}: ${outcome.failure.message}`;
    },
  };
}

/** What JSON is made of. */
export const JSON_WORDS: readonly Uint8Array[] = [
  'null',
  'true',
  '[]',
  '{}',
  '[null]',
  '""',
  '0',
  '-1',
  '1e999',
  '0.5',
  '"__proto__":',
].map((word) => new TextEncoder().encode(word));

import { decode, encode } from 'cborg';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** What has exactly one encoding: no floats, no undefined, no tags, no integer beyond 2^53. */
export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

// Deepest nesting of arrays and maps, so that hostile bytes cannot exhaust the stack.
const DEPTH_MAX = 64;

/**
 * The one dag-cbor encoding of a value: what may be hashed or signed.
 *
 * Errors: throws on a number that is not a safe integer (a bug of the caller).
 */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
  const refuted = refute(value, 0);
  if (refuted !== null) throw new Error(`broken invariant: no canonical bytes for ${refuted}`);
  return encode(value);
}

/**
 * The value of canonical bytes; other bytes that mean the same are refused.
 *
 * The bytes may come from an attacker. Errors: "input_malformed".
 */
export function decodeCanonical(bytes: Uint8Array): Outcome<CanonicalValue> {
  let value: unknown;
  try {
    value = decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    });
  } catch (cause) {
    return malformed(cause instanceof Error ? cause.message : String(cause));
  }
  const refuted = refute(value, 0);
  if (refuted !== null) return malformed(`${refuted} is not allowed`);
  // `refute` found nothing outside the type.
  const canonical = value as CanonicalValue;
  // Re-encoding is the definition of canonical: key order, shortest integers, no float forms.
  if (!equalBytes(encode(canonical), bytes)) return malformed('not in canonical form');
  return succeed(canonical);
}

function malformed(detail: string): Outcome<never> {
  const text = `canonical dag-cbor bytes do not parse: ${detail}`;
  return fail(failure('input_malformed', `${text}. Get them again from whoever wrote them.`));
}

/** What in a value has no canonical encoding; null where all of it has one. */
function refute(value: unknown, depth: number): string | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return refuteText(value);
  if (value instanceof Uint8Array) return null;
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? null : `the number ${value}`;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (depth >= DEPTH_MAX) return `nesting deeper than ${DEPTH_MAX}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) return 'an exotic object';
  for (const [key, item] of Object.entries(value)) {
    const refuted = refuteText(key) ?? refute(item, depth + 1);
    if (refuted !== null) return refuted;
  }
  return null;
}

/** Half of a surrogate pair has no UTF-8: two such texts would share their bytes. */
function refuteText(text: string): string | null {
  return /\p{Surrogate}/u.test(text) ? 'text with half a surrogate pair' : null;
}

/** Whether both hold the same bytes. Not for secrets: it stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  for (let index = 0; index < left.byteLength; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

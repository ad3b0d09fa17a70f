import { decode, encode, type DecodeOptions } from 'cborg';
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

/** The fields of a map; null for any other value. */
export function fieldsOf(
  value: CanonicalValue | undefined,
): ReadonlyMap<string, CanonicalValue> | null {
  const isMap = typeof value === 'object' && value !== null;
  if (!isMap || value instanceof Uint8Array || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}

// Deepest nesting of arrays and maps, so that hostile bytes cannot exhaust the stack.
const DEPTH_MAX = 64;

/**
 * The one dag-cbor encoding of a value: what may be hashed or signed.
 *
 * Errors: throws on a number that is not a safe integer (a bug of the caller).
 */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
  const refuted = refuteValue(value);
  if (refuted !== null) throw new Error(`broken invariant: no canonical bytes for ${refuted}`);
  return encode(value);
}

/**
 * The value of canonical bytes; other bytes that mean the same are refused.
 *
 * The bytes may come from an attacker. Errors: "input_malformed".
 */
export function decodeCanonical(bytes: Uint8Array): Outcome<CanonicalValue> {
  return decodeAs<CanonicalValue>(bytes, { encode });
}

/**
 * As `decodeCanonical`, of a kind of values: how cborg reads its tags, which objects are values of
 * their own, and what encodes it. The type is the caller's claim of what that comes to.
 */
export function decodeAs<Value>(
  bytes: Uint8Array,
  of: {
    readonly tags?: DecodeOptions['tags'];
    readonly isLeaf?: (value: object) => boolean;
    readonly encode: (value: Value) => Uint8Array;
  },
): Outcome<Value> {
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
      ...(of.tags && { tags: of.tags }),
    });
  } catch (cause) {
    return malformed(cause instanceof Error ? cause.message : String(cause));
  }
  const refuted = refuteValue(value, of.isLeaf);
  if (refuted !== null) return malformed(`${refuted} is not allowed`);
  // `refuteValue` found nothing outside the type.
  const canonical = value as Value;
  // Re-encoding is the definition of canonical: key order, shortest integers, no float forms.
  if (!equalBytes(of.encode(canonical), bytes)) return malformed('not in canonical form');
  return succeed(canonical);
}

function malformed(detail: string): Outcome<never> {
  const text = `canonical dag-cbor bytes do not parse: ${detail}`;
  return fail(failure('input_malformed', `${text}. Get them again from whoever wrote them.`));
}

/**
 * What in a value has no canonical encoding; null where all of it has one.
 *
 * `isLeaf` says which objects are values of their own.
 */
export function refuteValue(
  value: unknown,
  isLeaf: (value: object) => boolean = () => false,
): string | null {
  return refute(value, 0, isLeaf);
}

function refute(value: unknown, depth: number, isLeaf: (value: object) => boolean): string | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return refuteText(value);
  if (value instanceof Uint8Array) return null;
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? null : `the number ${value}`;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (isLeaf(value)) return null;
  if (depth >= DEPTH_MAX) return `nesting deeper than ${DEPTH_MAX}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) return 'an exotic object';
  for (const [key, item] of Object.entries(value)) {
    const refuted = refuteText(key) ?? refute(item, depth + 1, isLeaf);
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

import type { CanonicalValue } from '../integrity/index.ts';

/**
 * Data as text for the guest: "0" and JSON, or "1" and JSON that is tagged.
 *
 * Tagged, bytes are {"\0": [..]} and a key that begins with \0 has one more in front: so nothing
 * that a caller writes can be taken for bytes.
 */
export function textOfData(value: CanonicalValue): string {
  return isPlain(value) ? `0${JSON.stringify(value)}` : `1${JSON.stringify(tagged(value))}`;
}

/** The data of such a text, from the guest that wrote it. */
export function dataOfText(text: string): CanonicalValue {
  // The prelude writes canonical data alone.
  const value = JSON.parse(text.slice(1)) as CanonicalValue;
  return text.startsWith('1') ? untagged(value) : value;
}

/** Whether JSON alone brings these data back. */
export function isPlain(value: CanonicalValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.every(isPlain);
  const map = value as { readonly [key: string]: CanonicalValue };
  return Object.keys(map).every((key) => !key.startsWith('\0') && isPlain(map[key] ?? null));
}

/** Data in their tagged form. */
export function tagged(value: CanonicalValue): CanonicalValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { '\0': [...value] };
  if (Array.isArray(value)) return value.map(tagged);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.startsWith('\0') ? `\0${key}` : key,
      tagged(item),
    ]),
  );
}

/** Data of their tagged form. */
export function untagged(value: CanonicalValue): CanonicalValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const rows = Object.entries(value);
  const [first] = rows;
  // The form says so: bytes are a list of numbers under this one key.
  if (first?.[0] === '\0') return Uint8Array.from(first[1] as readonly number[]);
  return Object.fromEntries(
    rows.map(([key, item]) => [key.startsWith('\0') ? key.slice(1) : key, untagged(item)]),
  );
}

/** Whether data nest no deeper than this, and no map has the key that JavaScript treats apart. */
export function isWithinDepth(value: CanonicalValue, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  if (depthMax === 0) return false;
  const items = Array.isArray(value) ? value : Object.values(value);
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) return false;
  return items.every((item) => isWithinDepth(item, depthMax - 1));
}

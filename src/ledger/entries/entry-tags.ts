import { assert } from '../../domain/assert.ts';
import {
  ENTRY_TAG_NAME_BYTES_MAX,
  ENTRY_TAG_VALUE_BYTES_MAX,
  ENTRY_TAGS_BYTES_MAX,
  ENTRY_TAGS_MAX,
} from '../../domain/limits.ts';
import { ByteCursor } from '../byte-cursor.ts';

/** A name and a value that stand outside the body, for gateways to find the entry by. */
export type EntryTag = { readonly name: string; readonly value: string };

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The Avro bytes of tags, as ANS-104 has them: one block and its end; nothing for no tags.
 *
 * Limits: asserted, as `decodeTags` refuses them.
 */
export function encodeTags(tags: readonly EntryTag[]): Uint8Array {
  const bytes: number[] = [];
  if (tags.length === 0) return new Uint8Array();
  writeCount(bytes, tags.length);
  for (const { name, value } of tags) {
    writeText(bytes, name);
    writeText(bytes, value);
  }
  writeCount(bytes, 0);
  const encoded = Uint8Array.from(bytes);
  assert(decodeTags(encoded, tags.length) !== null, 'tags within their limits');
  return encoded;
}

/**
 * The tags that Avro bytes hold; null where they are malformed, beyond a limit, or not as
 * `encodeTags` writes them. The bytes may come from an attacker.
 */
export function decodeTags(bytes: Uint8Array, count: number): readonly EntryTag[] | null {
  if (count === 0) return bytes.byteLength === 0 ? [] : null;
  if (count > ENTRY_TAGS_MAX || bytes.byteLength > ENTRY_TAGS_BYTES_MAX) return null;
  const cursor = new ByteCursor(bytes);
  if (readCount(cursor) !== count) return null;
  const tags: EntryTag[] = [];
  for (let index = 0; index < count; index++) {
    const name = readText(cursor, ENTRY_TAG_NAME_BYTES_MAX);
    const value = readText(cursor, ENTRY_TAG_VALUE_BYTES_MAX);
    if (name === null || value === null) return null;
    tags.push({ name, value });
  }
  return readCount(cursor) === 0 && cursor.rest === 0 ? tags : null;
}

/** A count as Avro's long: zigzag, then seven bits a byte, the lowest first. */
function writeCount(bytes: number[], count: number): void {
  let rest = count * 2;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
}

function writeText(bytes: number[], text: string): void {
  const encoded = textEncoder.encode(text);
  writeCount(bytes, encoded.byteLength);
  bytes.push(...encoded);
}

/** Null for a negative count, one above what three bytes hold, or one in a long form. */
function readCount(cursor: ByteCursor): number | null {
  let zigzag = 0;
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = cursor.u8();
    if (byte === null || (byte === 0 && shift > 0)) return null;
    zigzag |= (byte & 127) << shift;
    if (byte < 128) return zigzag % 2 === 0 ? zigzag / 2 : null;
  }
  return null;
}

function readText(cursor: ByteCursor, bytesMax: number): string | null {
  const byteLength = readCount(cursor);
  if (byteLength === null || byteLength === 0 || byteLength > bytesMax) return null;
  const bytes = cursor.take(byteLength);
  if (bytes === null) return null;
  try {
    return textDecoder.decode(bytes);
  } catch {
    return null;
  }
}

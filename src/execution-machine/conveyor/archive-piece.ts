// What stands in the archive: a bundle of ANS-104 data items, which gateways unpack and index.
//
//   items     u256 little-endian: how many
//   headers   for each: its bytes as u256 little-endian, and its id
//   items     the label, then the entries in the log's order, as they stand in the log
//
// The label is a data item of the archive's key that says which entries these are, and carries a
// checkpoint of the log whose tree they end. So a piece explains itself, whoever found it and
// wherever, and whoever has the pieces before it can tell whether it is the log's.
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import {
  ARCHIVE_PIECE_BYTES_MAX,
  ENTRY_BYTES_MAX,
  ENTRY_TAGS_BYTES_MAX,
  LOG_ENTRIES_MAX,
  NOTE_BYTES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  decodeCanonical,
  encodeBase64url,
  encodeCanonical,
  equalBytes,
  PUBLIC_KEY_BYTES,
  type MessageSigner,
} from '../../integrity/index.ts';
import {
  deepHash,
  encodeTags,
  formatVerifierKey,
  joinEntry,
  parseVerifierKey,
  sha256Of,
  signEntry,
  TILE_WIDTH,
  verifyEntry,
  type EntryTag,
  type VerifierKey,
} from '../../ledger/index.ts';

/** Consecutive entries of a log, at most those of one tile. */
export type ArchivePiece = {
  readonly log: VerifierKey;
  /** Index of the first entry. */
  readonly first: number;
  readonly entries: readonly Uint8Array[];
  /** A signed note whose tree ends with the last of these entries. */
  readonly checkpoint: Uint8Array;
};

/** A piece as a data item that can be posted. */
export type ArchiveItem = {
  /** Follows from the bytes: sha-256 of the signature, as base64url. */
  readonly id: string;
  readonly first: number;
  /** Index behind the last entry. */
  readonly end: number;
  /** The data item: signed, tagged, with `payload` as its data. */
  readonly bytes: Uint8Array;
  /** What the archive gives back: the bundle. */
  readonly payload: Uint8Array;
};

/** By what a gateway finds the pieces of a log. */
export const PIECE_TAGS = {
  app: { name: 'App-Name', value: 'Manyhands-Record' },
  log: 'Log-Key',
  first: 'First-Entry',
  end: 'End-Entry',
} as const;

const COUNT_BYTES = 32;
const HEADER_BYTES = 64;
const SIGNATURE_AT = 2;
const SIGNATURE_BYTES = 64;
const TARGET_AT = SIGNATURE_AT + SIGNATURE_BYTES + PUBLIC_KEY_BYTES;
// Behind it: no target, an anchor of 32 bytes, the number of tags and their bytes, 8 each.
const TAGS_AT = TARGET_AT + 1 + 1 + 32 + 16;

/**
 * Packs a piece, signed by the archive's key. The same piece and key give the same bytes and id.
 *
 * Limits: asserted, as `unpackPiece` refuses them.
 */
export async function packPiece(piece: ArchivePiece, by: MessageSigner): Promise<ArchiveItem> {
  const { log, first, entries, checkpoint } = piece;
  const end = first + entries.length;
  const body = encodeCanonical({ v: 1, log: formatVerifierKey(log), first, end, checkpoint });
  const anchor = await sha256Of(body);
  const tags = [{ name: 'Record', value: 'archive' }];
  const label = await signEntry(by, { target: null, anchor, tags, body });
  const payload = await joinBundle([label, ...entries]);
  assert((await unpackPiece(payload)).ok, 'a piece within its limits');
  const bytes = await dataItem(by, { tags: tagsOf(piece), data: payload });
  return { id: await idOf(bytes), first, end, bytes, payload };
}

/** An item that was packed before, from its bytes. Asserts that they are one. */
export async function itemOf(bytes: Uint8Array): Promise<ArchiveItem> {
  const payload = payloadOf(bytes);
  assert(payload !== null, 'a data item that this conveyor packed');
  const piece = await unpackPiece(payload);
  assert(piece.ok, 'a piece that this conveyor packed');
  const { first, entries } = piece.value;
  return { id: await idOf(bytes), first, end: first + entries.length, bytes, payload };
}

/** What stands behind the tags of a data item; null where it is not built as `packPiece` does. */
export function payloadOf(item: Uint8Array): Uint8Array | null {
  if (item.byteLength < TAGS_AT) return null;
  const view = new DataView(item.buffer, item.byteOffset);
  const hasAnchorOnly = item[TARGET_AT] === 0 && item[TARGET_AT + 1] === 1;
  const tagBytes = view.getUint32(TAGS_AT - 8, true);
  if (!hasAnchorOnly || tagBytes > ENTRY_TAGS_BYTES_MAX) return null;
  return item.subarray(TAGS_AT + tagBytes);
}

/**
 * The piece that a bundle holds. Its entries are not verified: a checkpoint's root will do that.
 *
 * The bytes may come from an attacker, and say of themselves what log they belong to.
 * Errors: "limit_exceeded" | "input_malformed", and those of a label that is no entry.
 */
export async function unpackPiece(payload: Uint8Array): Promise<Outcome<ArchivePiece>> {
  if (payload.byteLength > ARCHIVE_PIECE_BYTES_MAX) {
    const text = `a piece of ${payload.byteLength} bytes is above ${ARCHIVE_PIECE_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Read it from another archive.`));
  }
  const items = await splitBundle(payload);
  const [labelBytes, ...entries] = items ?? [];
  if (labelBytes === undefined) return malformed('it is no bundle of data items');
  const verified = await verifyEntry(labelBytes);
  if (!verified.ok) return verified;
  const decoded = decodeCanonical(verified.value.entry.body);
  const label = decoded.ok ? labelOf(decoded.value) : null;
  if (label === null) return malformed('its label does not say what it is');
  const log = parseVerifierKey(label.log);
  if (!log.ok) return log;
  const { first, end, checkpoint } = label;
  if (end - first !== entries.length) return malformed('it has other entries than its label says');
  return succeed({ log: log.value, first, entries, checkpoint });
}

function tagsOf({ log, first, entries }: ArchivePiece): readonly EntryTag[] {
  return [
    { name: 'Bundle-Format', value: 'binary' },
    { name: 'Bundle-Version', value: '2.0.0' },
    PIECE_TAGS.app,
    { name: PIECE_TAGS.log, value: encodeBase64url(log.publicKey) },
    { name: PIECE_TAGS.first, value: String(first) },
    { name: PIECE_TAGS.end, value: String(first + entries.length) },
  ];
}

/** A data item with any data. An entry is one whose data is canonical. */
async function dataItem(
  by: MessageSigner,
  { tags, data }: { readonly tags: readonly EntryTag[]; readonly data: Uint8Array },
): Promise<Uint8Array> {
  const parts = {
    owner: by.publicKey,
    target: new Uint8Array(),
    anchor: await sha256Of(data),
    tags: encodeTags(tags),
    body: data,
  };
  const signature = await by.sign(deepHash(parts));
  return joinEntry({ ...parts, tagCount: tags.length }, signature);
}

async function joinBundle(items: readonly Uint8Array[]): Promise<Uint8Array> {
  const start = COUNT_BYTES + items.length * HEADER_BYTES;
  const bundle = new Uint8Array(start + items.reduce((sum, item) => sum + item.byteLength, 0));
  const view = new DataView(bundle.buffer);
  view.setUint32(0, items.length, true);
  let at = start;
  for (const [index, item] of items.entries()) {
    const header = COUNT_BYTES + index * HEADER_BYTES;
    view.setUint32(header, item.byteLength, true);
    bundle.set(await digestOfSignature(item), header + COUNT_BYTES);
    bundle.set(item, at);
    at += item.byteLength;
  }
  return bundle;
}

/** Null for what `joinBundle` does not write. */
async function splitBundle(bundle: Uint8Array): Promise<readonly Uint8Array[] | null> {
  const count = wordAt(bundle, 0);
  if (count === null || count < 1 || count > 1 + TILE_WIDTH) return null;
  let at = COUNT_BYTES + count * HEADER_BYTES;
  const items: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const header = COUNT_BYTES + index * HEADER_BYTES;
    const byteLength = wordAt(bundle, header);
    if (byteLength === null || byteLength > ENTRY_BYTES_MAX) return null;
    const item = bundle.subarray(at, at + byteLength);
    if (item.byteLength !== byteLength || byteLength < SIGNATURE_AT + SIGNATURE_BYTES) return null;
    const id = bundle.subarray(header + COUNT_BYTES, header + HEADER_BYTES);
    if (!equalBytes(id, await digestOfSignature(item))) return null;
    items.push(item);
    at += byteLength;
  }
  return at === bundle.byteLength ? items : null;
}

/** A u256 that four bytes can hold; null for others, and beyond the end. */
function wordAt(bundle: Uint8Array, at: number): number | null {
  const word = bundle.subarray(at, at + COUNT_BYTES);
  if (word.byteLength < COUNT_BYTES || word.subarray(4).some((byte) => byte !== 0)) return null;
  return new DataView(word.buffer, word.byteOffset).getUint32(0, true);
}

async function digestOfSignature(item: Uint8Array): Promise<Uint8Array> {
  return sha256Of(item.subarray(SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES));
}

async function idOf(item: Uint8Array): Promise<string> {
  return encodeBase64url(await digestOfSignature(item));
}

type Label = Omit<ArchivePiece, 'log' | 'entries'> & { readonly log: string; readonly end: number };

function labelOf(value: unknown): Label | null {
  if (value === null || typeof value !== 'object') return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [log, first, end, checkpoint] = ['log', 'first', 'end', 'checkpoint'].map((name) =>
    fields.get(name),
  );
  if (fields.size !== 5 || fields.get('v') !== 1 || typeof log !== 'string') return null;
  if (!isIndex(first) || !isIndex(end) || end <= first || end > LOG_ENTRIES_MAX) return null;
  if (Math.floor(first / TILE_WIDTH) !== Math.floor((end - 1) / TILE_WIDTH)) return null;
  const isNote = checkpoint instanceof Uint8Array && checkpoint.byteLength <= NOTE_BYTES_MAX;
  return isNote ? { log, first, end, checkpoint } : null;
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function malformed(why: string): Outcome<never> {
  const text = `these bytes are no piece of an archived log: ${why}`;
  return fail(failure('input_malformed', `${text}. Read it from another archive.`));
}

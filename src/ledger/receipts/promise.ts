// A promise: a signed note in which a log says at once where an entry is to stand, and by when.
//
//   manyhands/promise/v1
//   origin <origin>
//   entry <entry id>
//   leaf <base64 of the leaf hash>
//   index <index, or - where it is not known yet>
//   by <Unix time in ms>
//
// No checkpoint has such a second line, so that neither signature passes for the other.
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { parseEntryId, type EntryId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeBase64, encodeBase64 } from '../notes/base64.ts';
import { noteSignatureState, signNote, type NoteSigner } from '../notes/note-signing.ts';
import { formatNote, parseNote } from '../notes/signed-note.ts';
import type { VerifierKey } from '../notes/verifier-key.ts';
import { HASH_BYTES } from '../tree/hashes.ts';
import { isSize } from '../tree/inclusion-proof.ts';

/** What a log promises of an entry. */
export type EntryPromise = {
  readonly origin: string;
  readonly entry: EntryId;
  /** Of the whole entry, so that no other bytes can stand there. */
  readonly leaf: Uint8Array;
  /** Null where the log has not decided it yet. */
  readonly index: number | null;
  /** By when a checkpoint will have the entry. Unix time in ms. */
  readonly byMs: number;
};

const FIRST_LINE = 'manyhands/promise/v1';

/** The bytes of a promise, signed by the log. */
export async function signPromise(
  log: NoteSigner,
  about: Omit<EntryPromise, 'origin'>,
): Promise<Uint8Array> {
  const text = promiseText({ ...about, origin: log.name });
  assert(parseText(text) !== null, 'a promise that can be read');
  return formatNote({ text, signatures: [await signNote(log, text)] });
}

/**
 * The promise that bytes hold, if the log of this key signed it.
 *
 * The bytes may come from an attacker.
 * Errors: "input_malformed" | "limit_exceeded" | "signature_invalid".
 */
export async function verifyPromise(
  log: VerifierKey,
  bytes: Uint8Array,
): Promise<Outcome<EntryPromise>> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const promise = parseText(note.value.text);
  if (promise === null) {
    const text = 'this note is no promise of a log';
    return fail(failure('input_malformed', `${text}. Get it again from whoever took the entry.`));
  }
  const isSigned = (await noteSignatureState(log, note.value)) === 'valid';
  if (isSigned && promise.origin === log.name) return succeed(promise);
  const text = `this promise was not signed by the log "${log.name}"`;
  return fail(failure('signature_invalid', `${text}. Submit the entry again.`));
}

function promiseText({ origin, entry, leaf, index, byMs }: EntryPromise): string {
  const lines = [
    FIRST_LINE,
    `origin ${origin}`,
    `entry ${entry}`,
    `leaf ${encodeBase64(leaf)}`,
    `index ${index ?? '-'}`,
    `by ${byMs}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function parseText(text: string): EntryPromise | null {
  const pattern =
    /^\S+\norigin ([^\n]+)\nentry (\S+)\nleaf (\S+)\nindex (-|\d{1,16})\nby (\d{1,16})\n$/;
  const [, origin = '', id = '', leaf64 = '', indexText = '', byText] = pattern.exec(text) ?? [];
  const entry = parseEntryId(id);
  const leaf = decodeBase64(leaf64);
  const index = indexText === '-' ? null : Number(indexText);
  const byMs = Number(byText);
  if (!entry.ok || leaf?.byteLength !== HASH_BYTES || !Number.isSafeInteger(byMs)) return null;
  if (index !== null && !isSize(index)) return null;
  const promise = { origin, entry: entry.value, leaf, index, byMs };
  // Other spellings of a number, or another first line, are no promise.
  return promiseText(promise) === text ? promise : null;
}

// Signed notes, C2SP signed-note: a text, an empty line, and lines with signatures over the text.
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** A signature on a note, of whatever type its key has. */
export type NoteSignature = {
  readonly name: string;
  readonly keyId: number;
  readonly bytes: Uint8Array;
};

export type SignedNote = {
  /** Ends with a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a note. Asserts what `parseNote` would refuse. */
export function formatNote({ text, signatures }: SignedNote): Uint8Array {
  assert(text.endsWith('\n') && isNoteText(text), 'a text of whole lines');
  assert(signatures.length <= NOTE_SIGNATURES_MAX, `${signatures.length} signatures`);
  const bytes = textEncoder.encode(`${text}\n${signatures.map(signatureLine).join('')}`);
  assert(bytes.byteLength <= NOTE_BYTES_MAX, `a note of ${bytes.byteLength} bytes`);
  return bytes;
}

/** One signature as a line of a note, with its newline. */
export function signatureLine({ name, keyId, bytes }: NoteSignature): string {
  assert(isKeyName(name), `the key name "${name}"`);
  const joined = new Uint8Array(4 + bytes.byteLength);
  new DataView(joined.buffer).setUint32(0, keyId);
  joined.set(bytes, 4);
  return `— ${name} ${encodeBase64(joined)}\n`;
}

/**
 * The note that bytes hold; whether a signature is valid is for its key to say.
 *
 * The bytes may come from an attacker. What is parsed formats to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function parseNote(bytes: Uint8Array): Outcome<SignedNote> {
  if (bytes.byteLength > NOTE_BYTES_MAX) {
    const text = `a note of ${bytes.byteLength} bytes is above ${NOTE_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Leave out cosignatures.`));
  }
  let whole: string;
  try {
    whole = textDecoder.decode(bytes);
  } catch {
    return malformed('it is not UTF-8');
  }
  if (!isNoteText(whole)) return malformed('it has control characters');
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) return malformed('no empty line stands before its signatures');
  const signatures = parseSignatureLines(whole.slice(split + 2));
  if (!signatures.ok) return signatures;
  if (signatures.value.length === 0) return malformed('it has no signature');
  return succeed({ text: whole.slice(0, split + 1), signatures: signatures.value });
}

/** The signatures in lines of a note, as a witness answers them. Errors: as `parseNote`. */
export function parseSignatureLines(text: string): Outcome<readonly NoteSignature[]> {
  const lines = text.split('\n');
  if (lines.pop() !== '') return malformed('its last line has no end');
  if (lines.length > NOTE_SIGNATURES_MAX) {
    return fail(
      failure('limit_exceeded', `a note has more than ${NOTE_SIGNATURES_MAX} signatures`),
    );
  }
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = '', base64 = ''] = /^— ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
    const joined = decodeBase64(base64);
    if (!isKeyName(name) || joined === null || joined.byteLength < 5) {
      return malformed(`"${line.slice(0, 80)}" is no signature`);
    }
    const keyId = new DataView(joined.buffer, joined.byteOffset).getUint32(0);
    signatures.push({ name, keyId, bytes: joined.subarray(4) });
  }
  return succeed(signatures);
}

/** Whether text can name a key: not empty, without a space of Unicode's or a plus. */
export function isKeyName(name: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[^\p{White_Space}+\u0000-\u001f\p{Surrogate}]+$/u.test(name);
}

function isNoteText(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u.test(text);
}

function malformed(why: string): Outcome<never> {
  return fail(failure('input_malformed', `these bytes are no signed note: ${why}. Get it again.`));
}

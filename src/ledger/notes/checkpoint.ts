import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { TreeHead } from '../tree/consistency-proof.ts';
import { HASH_BYTES } from '../tree/hashes.ts';
import { isSize } from '../tree/inclusion-proof.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { signNote, type NoteSigner } from './note-signing.ts';
import { formatNote, parseNote, type SignedNote } from './signed-note.ts';

/** What a log says of itself: so many entries, with this root. */
export type Checkpoint = TreeHead & {
  /** The log's name, such as "example.com/log". */
  readonly origin: string;
  /** Further lines, which say nothing that anybody checks. */
  readonly extensions: readonly string[];
};

/** A checkpoint with the note that it stands in, and the bytes of that. */
export type SignedCheckpoint = {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
  readonly bytes: Uint8Array;
};

/** The text of a checkpoint that a log signs. Source: C2SP tlog-checkpoint. */
export function checkpointText({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, size, encodeBase64(root), ...extensions].map((line) => `${line}\n`).join('');
}

/** A checkpoint signed by its log, whose key has the origin's name. */
export async function signCheckpoint(log: NoteSigner, head: TreeHead): Promise<SignedCheckpoint> {
  const { size, root } = head;
  const checkpoint: Checkpoint = { origin: log.name, size, root, extensions: [] };
  const text = checkpointText(checkpoint);
  assert(parseCheckpointText(text) !== null, 'a checkpoint of whole lines');
  const note = { text, signatures: [await signNote(log, text)] };
  return { checkpoint, note, bytes: formatNote(note) };
}

/**
 * The checkpoint that bytes hold, signed by anybody or nobody: a policy says who must have.
 *
 * The bytes may come from an attacker. Errors: "limit_exceeded" | "input_malformed".
 */
export function parseCheckpoint(bytes: Uint8Array): Outcome<SignedCheckpoint> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpointText(note.value.text);
  if (checkpoint === null) {
    const text = 'this note is no checkpoint: origin, size and root, a line each';
    return fail(failure('input_malformed', `${text}. Get it again from the log.`));
  }
  return succeed({ checkpoint, note: note.value, bytes: bytes.slice() });
}

function parseCheckpointText(text: string): Checkpoint | null {
  const lines = text.split('\n').slice(0, -1);
  const [origin = '', sizeText = '', root64 = '', ...extensions] = lines;
  const size = /^(0|[1-9]\d{0,15})$/.test(sizeText) ? Number(sizeText) : -1;
  const root = decodeBase64(root64);
  if (lines.includes('') || origin === '' || !isSize(size)) return null;
  if (root === null || root.byteLength !== HASH_BYTES) return null;
  return { origin, size, root, extensions };
}

// What is said between the event loop and a thread of entries. A batch travels as few arrays of bytes:
// messages cost by their parts, and each array of its own would be a part.
import type { EntryId } from '../../../domain/ids.ts';
import type { Failure } from '../../../domain/failure.ts';
import type { SigningKey } from '../../../integrity/index.ts';
import type { Promised } from './entry-work.ts';

/** Whose promises a thread signs. */
export type ThreadLog = { readonly name: string; readonly key: SigningKey };

/** Byte arrays, one behind the other. */
export type Joined = { readonly bytes: Uint8Array<ArrayBuffer>; readonly lengths: Uint32Array };

export type ToEntryThread =
  | { readonly kind: 'begin'; readonly log: ThreadLog }
  | {
      readonly kind: 'batch';
      readonly id: number;
      /** To be verified. They come back with the answer. */
      readonly entries: Joined;
      /** To be signed; `leaves` has their leaf hashes. */
      readonly promises: readonly Omit<Promised, 'leaf'>[];
      readonly leaves: Joined;
    };

/** The answer to a batch, in its order. */
export type FromEntryThread = {
  readonly id: number;
  readonly entries: Joined;
  /** The id of each entry, or why it is none. */
  readonly checked: readonly (EntryId | Failure)[];
  /** Of the entries; those of refused ones are empty. */
  readonly leaves: Joined;
  readonly promises: Joined;
};

/** Copies byte arrays into one. */
export function joinBytes(parts: readonly Uint8Array[]): Joined {
  const lengths = Uint32Array.from(parts, ({ byteLength }) => byteLength);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return { bytes, lengths };
}

/** The byte arrays that were joined, as views. */
export function splitBytes({ bytes, lengths }: Joined): Uint8Array[] {
  let at = 0;
  return Array.from(lengths, (length) => bytes.subarray(at, (at += length)));
}

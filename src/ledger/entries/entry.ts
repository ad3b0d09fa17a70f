import type { AgentId, EntryId } from '../../domain/ids.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { sha256Of } from '../hashing.ts';
import type { EntryTag } from './entry-tags.ts';

/** Bytes of an anchor, and of a target. */
export const ANCHOR_BYTES = 32;

/** What an owner puts into the log, before it is signed. */
export type EntryDraft = {
  /** What it is about, such as a function: 32 bytes; null for nothing. */
  readonly target: Uint8Array | null;
  /** 32 bytes that its owner uses once: a second entry with them is a duplicate. */
  readonly anchor: Uint8Array;
  readonly tags: readonly EntryTag[];
  /** Canonical DAG-CBOR. */
  readonly body: Uint8Array;
};

/** A signed statement, as it stands in the log: an ANS-104 data item of signature type 2. */
export type Entry = EntryDraft & { readonly owner: AgentId; readonly signature: Uint8Array };

/** What names an entry, here and on Arweave: sha-256 of its signature. */
export async function entryIdOf(entry: Pick<Entry, 'signature'>): Promise<EntryId> {
  // 32 bytes are the 43 characters of base64url that `parseEntryId` accepts.
  return encodeBase64url(await sha256Of(entry.signature)) as EntryId;
}

// What stands in the log, as the machine reads it, told by an entry's first tag of these:
//
//   Function: <function id> | deploy | upgrade     an action: its body is what `handle` gets
//   Record: time                                   { atMs }          by the log's own key
//   Record: root                                   { index, root }   by the log's own key, at
//                                                  most ROOT_CLAIM_LAG_MAX entries behind "index"
//
// Time is part of the log, so that whoever evaluates it has the same: an entry's time is the
// largest that the log's own key wrote before it. Whatever else stands there is nobody's action.
import type { AgentId } from '../domain/ids.ts';
import { ROOT_CLAIM_LAG_MAX } from '../domain/limits.ts';
import {
  decodeCanonical,
  encodeBase64url,
  encodeCanonical,
  fieldsOf,
  type CanonicalValue,
} from '../integrity/index.ts';
import { ANCHOR_BYTES, type Entry as LedgerEntry, type EntryDraft } from '../ledger/index.ts';
import type { Entry } from './entry.ts';
import type { RootClaim } from './evaluate.ts';

/** What an entry of the log is to the machine. */
export type LogEntry =
  | { readonly kind: 'action'; readonly entry: Entry }
  | { readonly kind: 'time'; readonly atMs: number }
  | { readonly kind: 'root'; readonly claim: RootClaim }
  | { readonly kind: 'other' };

/** Name of the tag that names the function of an action. */
export const FUNCTION_TAG = 'Function';
const RECORD_TAG = 'Record';
const ROOT_BYTES = 32;

/** Reads a log's entries one after the other, in the order of their indexes. */
export class LogReading {
  readonly #log: AgentId;
  #atMs: number;

  /** Goes on after entries whose last time was `atMs`; 0 before the first. */
  constructor(log: AgentId, atMs = 0) {
    this.#log = log;
    this.#atMs = atMs;
  }

  /** The time of the entries that follow. Unix time in ms. */
  get atMs(): number {
    return this.#atMs;
  }

  /** What the next entry is. Its signature was checked, its body may come from an attacker. */
  read(index: number, entry: LedgerEntry): LogEntry {
    for (const { name, value } of entry.tags) {
      if (name === FUNCTION_TAG) {
        return { kind: 'action', entry: this.#actionOf(index, value, entry) };
      }
      if (name === RECORD_TAG && entry.owner === this.#log) return this.#noteOf(index, entry);
    }
    return { kind: 'other' };
  }

  #actionOf(index: number, id: string, entry: LedgerEntry): Entry {
    const { owner, anchor, body } = entry;
    const decoded = decodeCanonical(body);
    return {
      index,
      atMs: this.#atMs,
      caller: owner,
      anchor: encodeBase64url(anchor),
      function: id,
      body: decoded.ok ? decoded.value : undefined,
    };
  }

  #noteOf(index: number, { body }: LedgerEntry): LogEntry {
    const decoded = decodeCanonical(body);
    const fields = decoded.ok ? fieldsOf(decoded.value) : null;
    const atMs = fields?.get('atMs');
    if (typeof atMs === 'number') {
      this.#atMs = Math.max(this.#atMs, atMs);
      return { kind: 'time', atMs };
    }
    const root = fields?.get('root');
    const of = fields?.get('index');
    const isClaim = typeof of === 'number' && of < index && root instanceof Uint8Array;
    if (!isClaim || root.byteLength !== ROOT_BYTES) return { kind: 'other' };
    // What comes too late is no claim: whoever evaluates would have to keep all former roots.
    if (of < 0 || index - of > ROOT_CLAIM_LAG_MAX) return { kind: 'other' };
    return { kind: 'root', claim: { index: of, root } };
  }
}

/** Which function a stranger's entry is for, or `deploy` or `upgrade`; null: it is no action. */
export function functionTagOf({ tags }: Pick<LedgerEntry, 'tags'>): string | null {
  return tags.find(({ name }) => name === FUNCTION_TAG)?.value ?? null;
}

/** An action of whoever signs it. `anchor` must be new, and random where others may guess it. */
export function actionDraft(of: {
  readonly function: string;
  readonly body: CanonicalValue;
  readonly anchor: Uint8Array;
}): EntryDraft {
  return draft({ name: FUNCTION_TAG, value: of.function }, of);
}

/** That it is now so late, for the log's own key to sign. Units: Unix time in ms. */
export function timeDraft(atMs: number, anchor: Uint8Array): EntryDraft {
  return draft({ name: RECORD_TAG, value: 'time' }, { body: { atMs }, anchor });
}

/** What all state was just after an entry, for the log's own key to sign. */
export function rootDraft({ index, root }: RootClaim, anchor: Uint8Array): EntryDraft {
  return draft({ name: RECORD_TAG, value: 'root' }, { body: { index, root }, anchor });
}

/** An anchor that nobody used: random. */
export function freshAnchor(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(ANCHOR_BYTES));
}

function draft(
  tag: { readonly name: string; readonly value: string },
  { body, anchor }: { readonly body: CanonicalValue; readonly anchor: Uint8Array },
): EntryDraft {
  return { target: null, anchor, tags: [tag], body: encodeCanonical(body) };
}

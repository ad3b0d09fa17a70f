// How far the record has followed the scheduler's log, as each entry of credits says it in a tag:
//
//   Scheduler-Events: <stream> <from> <to>         such as  5f0a...  17.3  24.1
//
// <stream> names one log of a scheduler. A position <event>.<row> is behind that many credits of the
// event of that number, and behind all of the events before it. So after a crash the next entry goes
// on exactly where the last one in the record ended.
import { encodeCanonical } from '../../../integrity/index.ts';
import type { EntryTag } from '../../../ledger/index.ts';
import { sha256 } from '../../../ledger/hashing.ts';

export type CreditPosition = { readonly event: number; readonly row: number };

/** What part of which log an entry credits. */
export type CreditSpan = {
  readonly stream: string;
  readonly from: CreditPosition;
  readonly to: CreditPosition;
};

const TAG = 'Scheduler-Events';

/** The tag that says it. */
export function spanTag({ stream, from, to }: CreditSpan): EntryTag {
  return { name: TAG, value: `${stream} ${textOf(from)} ${textOf(to)}` };
}

/** What the tags of an entry of credits say; null where they do not. */
export function spanIn(tags: readonly EntryTag[]): CreditSpan | null {
  const value = tags.find(({ name }) => name === TAG)?.value ?? '';
  const pattern = /^([0-9a-f]{16}) (\d{1,15})\.(\d{1,15}) (\d{1,15})\.(\d{1,15})$/;
  const [, stream, ...numbers] = pattern.exec(value) ?? [];
  if (stream === undefined) return null;
  const [fromEvent = 0, fromRow = 0, event = 0, row = 0] = numbers.map(Number);
  return { stream, from: { event: fromEvent, row: fromRow }, to: { event, row } };
}

/** The anchor of the entry that goes on from a position: each is gone on from once. */
export function anchorFrom(stream: string, { event, row }: CreditPosition): Uint8Array {
  return sha256(encodeCanonical(['credits', stream, event, row]));
}

/** Whether a position is behind another one. */
export function isBehind(one: CreditPosition, other: CreditPosition): boolean {
  return one.event > other.event || (one.event === other.event && one.row > other.row);
}

function textOf({ event, row }: CreditPosition): string {
  return `${event}.${row}`;
}

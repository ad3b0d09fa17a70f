import { succeed, type Outcome } from '../../../domain/outcome.ts';
import type { SchedulerEffect } from '../../../scheduler/index.ts';
import type { LogPosition, Store } from '../../log/store.ts';
import type { Logger } from '../../logger.ts';
import type { Platform } from '../../platform.ts';
import type { NetworkRecord } from '../network-record.ts';
import type { CreditPosition } from './credit-position.ts';
import { creditsKeeper, type CreditsKeeper } from './credits-keeper.ts';
import { readCredits } from './credits-index.ts';

/** An effect of the past, and the number of its event. */
export type PastEffect = { readonly effect: SchedulerEffect; readonly event: number };

/** Whether an effect credits or debits anybody. */
export function isCredit({ kind }: SchedulerEffect): boolean {
  return kind === 'tasks-accepted' || kind === 'tasks-revoked';
}

/** Under which the store keeps the name of its log of events. */
const STREAM = 'record stream';

/**
 * Takes up the credits of a store's log where the record ends: what is behind that in the log is
 * written now.
 *
 * Errors: those of the record and the store.
 */
export async function openCredits(of: {
  readonly record: NetworkRecord;
  /** Id of the function that has them. */
  readonly creditsFunction: string;
  readonly store: Store;
  readonly position: LogPosition;
  /** Effects of the events behind the last snapshot, those that credit. */
  readonly past: readonly PastEffect[];
  readonly waitMs: number;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after' | 'randomBytes'>;
}): Promise<Outcome<CreditsKeeper>> {
  const { record, past, creditsFunction, ...rest } = of;
  const recorded = await readCredits(record, creditsFunction);
  if (!recorded.ok) return recorded;
  const stream = await openStream(of, recorded.value.written);
  if (!stream.ok) return stream;
  const { index } = recorded.value;
  const keeper = creditsKeeper({ ...rest, record, creditsFunction, index, ...stream.value });
  // Their reports are not kept beyond the process that took them.
  for (const { effect, event } of past) keeper.note(effect, event, () => null);
  return succeed(keeper);
}

type Stream = { readonly stream: string; readonly written: CreditPosition };

/** The name of the store's log, and how far the record followed it. */
async function openStream(
  {
    store,
    position,
    platform,
  }: {
    readonly store: Store;
    readonly position: LogPosition;
    readonly platform: Pick<Platform, 'randomBytes'>;
  },
  recorded: ReadonlyMap<string, CreditPosition>,
): Promise<Outcome<Stream>> {
  const { eventCount } = position;
  const kept = eventCount === 0 ? null : await store.kept(STREAM);
  const name = kept === null ? null : new TextDecoder().decode(kept);
  const written = (name === null ? undefined : recorded.get(name)) ?? { event: 0, row: 0 };
  if (name !== null && written.event <= eventCount) return succeed({ stream: name, written });
  const stream = [...platform.randomBytes(8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const value = new TextEncoder().encode(stream);
  const committed = await store.commit([{ kind: 'keep', name: STREAM, value }]);
  if (!committed.ok) return committed;
  if (name === null) return succeed({ stream, written });
  // An older copy of a log of which the record knows more: all that is in it is credited, and what
  // comes is another history.
  return succeed({ stream, written: { event: eventCount + 1, row: 0 } });
}

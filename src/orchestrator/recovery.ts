import { failure } from '../domain/failure.ts';
import { RECOVERY_PROGRESS_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { createScheduler, step, type SchedulerState } from '../scheduler/index.ts';
import type { LogContent, Snapshot, Store } from './log/store.ts';
import { SNAPSHOTS } from './log/scheduler-snapshot.ts';
import type { Logger } from './logger.ts';

export type Recovered = {
  readonly state: SchedulerState;
  /** Events ever logged. */
  readonly eventCount: number;
  /** Those behind the snapshot, and their bytes: what the next recovery would have to follow. */
  readonly behindSnapshot: LogLength;
  readonly tasksAccepted: number;
};

export type LogLength = { readonly eventCount: number; readonly byteLength: number };

/**
 * The state that the log leads to: its snapshot, and the events behind it.
 *
 * Effects of the past are not carried out again; the event 'restarted' that follows asks anew for
 * what was under way.
 * Errors: "storage_failed" where snapshot or events are not whole, or cannot be followed. Nothing
 * is ever begun anew in their place.
 */
export async function recoverState(
  store: Pick<Store, 'readLog'>,
  options: { readonly seed: number; readonly logger: Logger; readonly now: () => number },
): Promise<Outcome<Recovered>> {
  const startedAtMs = options.now();
  const content = await store.readLog();
  if (!content.ok) return content;
  const { snapshot } = content.value;
  const begun = snapshot === null ? succeed(createScheduler(options.seed)) : restored(snapshot);
  if (!begun.ok) return begun;
  const followed = await follow(begun.value, { ...options, content: content.value });
  if (!followed.ok) return followed;
  const { eventCount, byteLength, tasksAccepted } = followed.value;
  options.logger.debug('log followed', {
    events: eventCount,
    bytes: byteLength,
    snapshotBytes: snapshot?.bytes.byteLength ?? 0,
    ms: options.now() - startedAtMs,
  });
  return succeed({
    state: begun.value,
    eventCount: (snapshot?.eventCount ?? 0) + eventCount,
    behindSnapshot: { eventCount, byteLength },
    tasksAccepted: (snapshot?.tasksAccepted ?? 0) + tasksAccepted,
  });
}

async function follow(
  state: SchedulerState,
  from: { readonly content: LogContent; readonly logger: Logger; readonly now: () => number },
): Promise<Outcome<LogLength & { readonly tasksAccepted: number }>> {
  const { content, logger, now } = from;
  let eventCount = 0;
  let byteLength = 0;
  let tasksAccepted = 0;
  let toldAtMs = now();
  for await (const batch of content.events()) {
    if (!batch.ok) return batch;
    byteLength += batch.value.byteLength;
    for (const event of batch.value.events) {
      eventCount += 1;
      try {
        for (const { kind } of step(state, event).effects) {
          if (kind === 'task-accepted') tasksAccepted += 1;
        }
      } catch (cause) {
        return fail(notFollowed(`event ${eventCount} behind the log's snapshot`, cause));
      }
    }
    if (now() - toldAtMs < RECOVERY_PROGRESS_MS) continue;
    toldAtMs = now();
    logger.info('following the log', { events: eventCount, of: content.eventCount });
  }
  return succeed({ eventCount, byteLength, tasksAccepted });
}

function restored(snapshot: Snapshot): Outcome<SchedulerState> {
  if (SNAPSHOTS === null) return fail(notFollowed("the log's snapshot", 'this version makes none'));
  return SNAPSHOTS.restore(snapshot.bytes);
}

function notFollowed(what: string, cause: unknown) {
  const remedy = 'Start the version that wrote it, or choose another --data folder';
  return failure('storage_failed', `${what} cannot be followed (${String(cause)}). ${remedy}.`);
}

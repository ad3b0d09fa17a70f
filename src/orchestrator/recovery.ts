import { failure } from '../domain/failure.ts';
import { RECOVERY_PROGRESS_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  createScheduler,
  restoreSnapshot,
  step as schedulerStep,
  type SchedulerEffect,
  type SchedulerState,
} from '../scheduler/index.ts';
import type { LogContent, LogLength, LogPosition, Store } from './log/store.ts';
import { countAccepted } from './log/count-accepted.ts';
import type { Logger } from './logger.ts';

export type Recovered = {
  readonly state: SchedulerState;
  readonly position: LogPosition;
  /** What lay behind the snapshot. */
  readonly behind: LogLength;
  /** 0 where there was none. */
  readonly snapshotBytes: number;
};

export type RecoveryOptions = {
  /** Of a scheduler to which nothing has happened. */
  readonly seed: number;
  /** Of an orchestrator among several: keeps their leases apart. */
  readonly epoch?: number;
  readonly logger: Logger;
  readonly now: () => number;
  /** Told each effect of the events behind the snapshot, and the number of its event in the log. */
  readonly onEffect?: (effect: SchedulerEffect, eventNumber: number) => void;
  /** The scheduler's own, unless somebody watches it. */
  readonly step?: typeof schedulerStep;
};

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
  options: RecoveryOptions,
): Promise<Outcome<Recovered>> {
  const startedAtMs = options.now();
  const content = await store.readLog();
  if (!content.ok) return content;
  const { snapshot } = content.value;
  const begun =
    snapshot === null
      ? succeed(createScheduler(options.seed, options.epoch))
      : restoreSnapshot(snapshot.bytes);
  if (!begun.ok) return begun;
  const snapshotBytes = snapshot?.bytes.byteLength ?? 0;
  const followed = await follow(begun.value, { ...options, content: content.value });
  if (!followed.ok) return followed;
  const { eventCount, byteLength, tasksAccepted } = followed.value;
  options.logger.debug('log followed', {
    events: eventCount,
    bytes: byteLength,
    snapshotBytes,
    ms: options.now() - startedAtMs,
  });
  return succeed({
    state: begun.value,
    behind: { eventCount, byteLength },
    snapshotBytes,
    position: {
      eventCount: (snapshot?.eventCount ?? 0) + eventCount,
      tasksAccepted: (snapshot?.tasksAccepted ?? 0) + tasksAccepted,
    },
  });
}

async function follow(
  state: SchedulerState,
  from: RecoveryOptions & { readonly content: LogContent },
): Promise<Outcome<LogLength & { readonly tasksAccepted: number }>> {
  const { content, logger, now, onEffect, step = schedulerStep } = from;
  const before = content.snapshot?.eventCount ?? 0;
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
        const { effects } = step(state, event);
        tasksAccepted += countAccepted(effects);
        if (onEffect !== undefined)
          for (const effect of effects) onEffect(effect, before + eventCount);
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

function notFollowed(what: string, cause: unknown) {
  const remedy = 'Start the version that wrote it, or choose another --data folder';
  return failure('storage_failed', `${what} cannot be followed (${String(cause)}). ${remedy}.`);
}

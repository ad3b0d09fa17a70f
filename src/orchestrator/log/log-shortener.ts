// Keeps the log short: when enough is behind the last snapshot, the next one takes its place.
//
//   grown -> long enough -> taken, in one turn -> saved, while commits go on -> grown again
//                                                  |-> refused: tried again in a while
import { DISK_RETRY_MS, SNAPSHOT_BYTES, SNAPSHOT_EVENTS } from '../../domain/limits.ts';
import { takeSnapshot, type SchedulerState } from '../../scheduler/index.ts';
import type { Logger } from '../logger.ts';
import type { LogLength, LogPosition, Store } from './store.ts';

export type LogShortener = {
  /**
   * Told when the state has followed some events more: `position` is what led to it. Takes a
   * snapshot where one is due, so nothing may have happened since.
   */
  grown(position: LogPosition, by: LogLength): void;
  /** Resolves once nothing is being saved. */
  idle(): Promise<void>;
};

export type ShortenerOptions = {
  readonly state: SchedulerState;
  readonly store: Pick<Store, 'saveSnapshot'>;
  /** What lay behind the last snapshot when this began. */
  readonly behind: LogLength;
  /** Of the last snapshot; 0 where there is none. */
  readonly snapshotBytes: number;
  readonly logger: Logger;
  readonly now: () => number;
  readonly limits?: LogLength;
};

const LIMITS: LogLength = { eventCount: SNAPSHOT_EVENTS, byteLength: SNAPSHOT_BYTES };

/** The snapshot before may be so many times as large as what the next one takes the place of. */
const SNAPSHOT_TO_LOG_MAX = 4;

/** Most that lies behind a snapshot of this size: a large state is not written for a few events. */
export function mostBehind(snapshotBytes: number, limits: LogLength = LIMITS): LogLength {
  const byteLength = Math.max(limits.byteLength, snapshotBytes / SNAPSHOT_TO_LOG_MAX);
  return { eventCount: limits.eventCount, byteLength };
}

/** Takes a snapshot whenever more lies behind the last one than may: see `mostBehind`. */
export function logShortener(options: ShortenerOptions): LogShortener {
  const { state, store, logger, now, limits = LIMITS } = options;
  let behind: LogLength = options.behind;
  let { snapshotBytes } = options;
  let saving: Promise<void> | null = null;
  let notBeforeMs = -Infinity;

  const isDue = (): boolean => {
    const most = mostBehind(snapshotBytes, limits);
    const isLong = behind.eventCount >= most.eventCount || behind.byteLength >= most.byteLength;
    return isLong && saving === null && now() >= notBeforeMs;
  };

  const save = async (position: LogPosition): Promise<void> => {
    const startedAtMs = now();
    const bytes = takeSnapshot(state);
    const takenMs = now() - startedAtMs;
    const replaced = behind;
    const saved = await store.saveSnapshot({ ...position, bytes });
    saving = null;
    if (!saved.ok) {
      notBeforeMs = now() + DISK_RETRY_MS;
      logger.warn(`the log is not shortened: ${saved.failure.message}`);
      return;
    }
    behind = difference(behind, replaced);
    snapshotBytes = bytes.byteLength;
    const ms = now() - startedAtMs;
    logger.debug('log shortened', {
      events: replaced.eventCount,
      bytes: snapshotBytes,
      takenMs,
      ms,
    });
  };

  return {
    grown(position, by) {
      behind = sum(behind, by);
      if (isDue()) saving = save(position);
    },
    idle: async () => {
      await saving;
    },
  };
}

function sum(one: LogLength, two: LogLength): LogLength {
  return {
    eventCount: one.eventCount + two.eventCount,
    byteLength: one.byteLength + two.byteLength,
  };
}

function difference(one: LogLength, two: LogLength): LogLength {
  return sum(one, { eventCount: -two.eventCount, byteLength: -two.byteLength });
}

// The one place where the scheduler's state changes.
//
//   submit -> queued -> committed with all others of this turn -> stepped, in order -> effects
//
// Write-ahead: an event is durable before the state knows of it, so a commit that fails leaves
// state and log agreed, and whatever was acknowledged is in the log (docs/adr/0006). What would
// change nothing is therefore not submitted: a tick with nothing due, a lease request that would be
// refused.
import type { Failure } from '../domain/failure.ts';
import { DISK_RETRY_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  step as schedulerStep,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerEventBody,
  type SchedulerState,
} from '../scheduler/index.ts';
import type { Logger } from './logger.ts';
import type { Store, Write } from './log/store.ts';
import { pause, type Platform } from './platform.ts';
import { steadyClock } from './steady-clock.ts';

export type Coordinator = {
  /** For queries only; current between turns of the event loop. */
  readonly state: SchedulerState;
  /** Unix time in ms that never goes back, as events have it. */
  nowMs(): number;
  /**
   * Makes an event durable together with what belongs to it, and gives its effects.
   *
   * Errors: "storage_full" | "storage_failed"; then nothing happened.
   */
  submit(
    event: SchedulerEventBody,
    writes?: readonly Write[],
  ): Promise<Outcome<readonly SchedulerEffect[]>>;
  /** As `submit`, again and again until the disk takes it: what was found out must not be lost. */
  insist(event: SchedulerEventBody, writes?: readonly Write[]): Promise<void>;
  /** As `insist`, for what is no event. */
  keep(writes: readonly Write[]): Promise<void>;
  /** Told each effect, in order, once the event that caused it is durable. */
  onEffect(listener: (effect: SchedulerEffect) => void): void;
  /** The failure of the last commit; null where it went well. */
  storageFailure(): Failure | null;
  /** Commits what is queued, and takes nothing more. */
  stop(): Promise<void>;
};

type Queued = {
  readonly event: SchedulerEvent | null;
  readonly writes: readonly Write[];
  readonly settle: (outcome: Outcome<readonly SchedulerEffect[]>) => void;
};

/** A coordinator over a state that all events of the store were folded into. */
export function startCoordinator(options: {
  readonly state: SchedulerState;
  readonly store: Store;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after' | 'soon'>;
  /** The scheduler's own, unless somebody watches it. */
  readonly step?: typeof schedulerStep;
}): Coordinator {
  const { state, store, logger, platform, step = schedulerStep } = options;
  const listeners: ((effect: SchedulerEffect) => void)[] = [];
  let queue: Queued[] = [];
  let failure: Failure | null = null;
  let stopped = false;
  const nowMs = steadyClock(options.now, state.nowMs);

  const commit = (batch: readonly Queued[]): Outcome<void> => {
    const writes: Write[] = [];
    for (const { event, writes: others } of batch) {
      writes.push(...others);
      if (event !== null) writes.push({ kind: 'event', event });
    }
    return store.commit(writes);
  };

  const note = (committed: Outcome<void>): void => {
    const before = failure;
    failure = committed.ok ? null : committed.failure;
    if (failure !== null && before === null) logger.error(failure.message);
    if (failure === null && before !== null) logger.info('the store takes writes again');
  };

  /** A batch that fails as a whole is tried one by one: a large write must not sink small ones. */
  const flush = (batch: readonly Queued[]): void => {
    const committed = commit(batch);
    note(committed);
    if (!committed.ok && batch.length > 1) {
      for (const queued of batch) flush([queued]);
      return;
    }
    for (const { event, settle } of batch) {
      if (!committed.ok) settle(committed);
      else settle(succeed(event === null ? [] : apply(event)));
    }
  };

  const apply = (event: SchedulerEvent): readonly SchedulerEffect[] => {
    const { effects } = step(state, event);
    for (const effect of effects) for (const listener of listeners) listener(effect);
    return effects;
  };

  const enqueue = (
    event: SchedulerEventBody | null,
    writes: readonly Write[],
  ): Promise<Outcome<readonly SchedulerEffect[]>> => {
    if (stopped) return Promise.resolve(fail(shuttingDown()));
    return new Promise((settle) => {
      if (queue.length === 0) {
        platform.soon(() => {
          const batch = queue;
          queue = [];
          flush(batch);
        });
      }
      queue.push({ event: event === null ? null : { ...event, atMs: nowMs() }, writes, settle });
    });
  };

  const insist = async (
    event: SchedulerEventBody | null,
    writes: readonly Write[],
  ): Promise<void> => {
    for (;;) {
      const outcome = await enqueue(event, writes);
      if (outcome.ok || stopped) return;
      await pause(platform, DISK_RETRY_MS);
    }
  };

  return {
    state,
    nowMs,
    submit: (event, writes = []) => enqueue(event, writes),
    insist: (event, writes = []) => insist(event, writes),
    keep: (writes) => insist(null, writes),
    onEffect: (listener) => void listeners.push(listener),
    storageFailure: () => failure,
    async stop() {
      stopped = true;
      // What was queued in this turn is flushed in the next.
      await new Promise<void>((resolve) => platform.soon(resolve));
    },
  };
}

/** Why nothing is taken any more. */
export function shuttingDown(): Failure {
  return {
    code: 'unavailable',
    message: 'the orchestrator is shutting down. Try again in a moment.',
    retryAfterMs: 2_000,
  };
}

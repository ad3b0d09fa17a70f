// The one place where the scheduler's state changes.
//
//   submit -> queued -> committed with all that is queued by then -> stepped, in order -> effects
//
// Write-ahead: an event is durable before the state knows of it, so a commit that fails leaves
// state and log agreed, and whatever was acknowledged is in the log (docs/adr/0006). One commit is
// under way at a time; what comes meanwhile waits, and goes into the next as a whole. What would
// change nothing is therefore not submitted: a tick with nothing due, a lease request that would be
// refused.
//
// Nothing here knows of Node: simulations run it under their own clock, in a page too.
import { failure as failureOf, type Failure } from '../domain/failure.ts';
import {
  COMMIT_QUEUE_BYTES_MAX,
  COMMIT_QUEUE_MAX,
  COMMIT_QUEUE_RETRY_MS,
  DISK_RETRY_MS,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  step as schedulerStep,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerEventBody,
  type SchedulerState,
} from '../scheduler/index.ts';
import type { Logger } from './logger.ts';
import { countAccepted } from './log/count-accepted.ts';
import type { LogShortener } from './log/log-shortener.ts';
import type { LogPosition, Store, Write } from './log/store.ts';
import { bytesOfWrite, bytesOfWrites } from './log/write-size.ts';
import { steadyClock } from './steady-clock.ts';
import { systemTimers, type Timers } from './timers.ts';

export type Coordinator = {
  /** For queries only; changed by events that became durable. */
  readonly state: SchedulerState;
  /** How many events led to the state. */
  eventCount(): number;
  /** Unix time in ms that never goes back, as events have it. */
  nowMs(): number;
  /**
   * Makes an event durable together with what belongs to it, and gives its effects.
   *
   * The state may change between the call and the event: the scheduler refuses what no longer fits.
   * Limits: COMMIT_QUEUE_MAX, COMMIT_QUEUE_BYTES_MAX.
   * Errors: "storage_full" | "storage_failed" | "queue_full" | "unavailable"; then nothing happened.
   */
  submit(
    event: SchedulerEventBody,
    writes?: readonly Write[],
  ): Promise<Outcome<readonly SchedulerEffect[]>>;
  /**
   * As `submit`, again and again until the disk takes it, and whatever the queue's length: what was
   * found out must not be lost.
   */
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
  readonly byteLength: number;
  readonly settle: (outcome: Outcome<readonly SchedulerEffect[]>) => void;
};

/** A coordinator over a state that all events of the store were folded into. */
export function startCoordinator(options: {
  readonly state: SchedulerState;
  readonly store: Pick<Store, 'commit'>;
  readonly logger: Logger;
  readonly now: () => number;
  readonly timers?: Timers;
  /** The scheduler's own, unless somebody watches it. */
  readonly step?: typeof schedulerStep;
  /** What led to the state; all events of a new store by default. */
  readonly position?: LogPosition;
  /** Told how the log grows; nobody keeps it short by default. */
  readonly shortener?: LogShortener;
}): Coordinator {
  const { state, store, logger, timers = systemTimers, shortener, step = schedulerStep } = options;
  let { eventCount, tasksAccepted } = options.position ?? { eventCount: 0, tasksAccepted: 0 };
  const listeners: ((effect: SchedulerEffect) => void)[] = [];
  let queue: Queued[] = [];
  let queuedBytes = 0;
  let failure: Failure | null = null;
  let stopped = false;
  let committing: Promise<void> | null = null;
  const nowMs = steadyClock(options.now, state.nowMs);

  /**
   * Queues are emptied one commit after the other; a bug in `step` rejects and ends the process.
   *
   * Before each, whatever has arrived by now is read and queued: what a commit costs is shared.
   */
  const commitAll = async (): Promise<void> => {
    while (queue.length > 0) {
      await new Promise<void>((resolve) => timers.soon(resolve));
      const batch = queue;
      queue = [];
      queuedBytes = 0;
      await flush(batch);
    }
    committing = null;
  };

  /** A batch that fails as a whole is tried one by one: a large write must not sink small ones. */
  const flush = async (batch: readonly Queued[]): Promise<void> => {
    const committed = await store.commit(batch.flatMap(({ writes }) => writes));
    note(committed);
    if (!committed.ok && batch.length > 1) {
      for (const queued of batch) await flush([queued]);
      return;
    }
    const before = eventCount;
    for (const { event, settle } of batch) {
      if (!committed.ok) settle(committed);
      else settle(succeed(event === null ? [] : apply(event)));
    }
    if (!committed.ok) return;
    const byteLength = batch.reduce(
      (size, { event }) => size + (event === null ? 0 : bytesOfWrite({ kind: 'event', event })),
      0,
    );
    const by = { eventCount: eventCount - before, byteLength };
    shortener?.grown({ eventCount, tasksAccepted }, by);
  };

  const note = (committed: Outcome<void>): void => {
    const before = failure;
    failure = committed.ok ? null : committed.failure;
    if (failure !== null && before === null) logger.error(failure.message);
    if (failure === null && before !== null) logger.info('the store takes writes again');
  };

  const apply = (event: SchedulerEvent): readonly SchedulerEffect[] => {
    const { effects } = step(state, event);
    eventCount += 1;
    tasksAccepted += countAccepted(effects);
    for (const effect of effects) for (const listener of listeners) listener(effect);
    return effects;
  };

  const enqueue = (
    body: SchedulerEventBody | null,
    others: readonly Write[],
    isBounded: boolean,
  ): Promise<Outcome<readonly SchedulerEffect[]>> => {
    if (stopped) return Promise.resolve(fail(shuttingDown()));
    const event = body === null ? null : { ...body, atMs: nowMs() };
    const writes: readonly Write[] =
      event === null ? others : [...others, { kind: 'event', event }];
    const byteLength = bytesOfWrites(writes);
    if (isBounded && isFull(byteLength)) return Promise.resolve(fail(queueFull()));
    return new Promise((settle) => {
      queue.push({ event, writes, byteLength, settle });
      queuedBytes += byteLength;
      committing ??= commitAll();
    });
  };

  /** An empty queue takes what is larger than a full one. */
  const isFull = (byteLength: number): boolean => {
    if (queue.length === 0) return false;
    return queue.length >= COMMIT_QUEUE_MAX || queuedBytes + byteLength > COMMIT_QUEUE_BYTES_MAX;
  };

  const insist = async (
    event: SchedulerEventBody | null,
    writes: readonly Write[],
  ): Promise<void> => {
    for (;;) {
      const outcome = await enqueue(event, writes, false);
      if (outcome.ok || stopped) return;
      await new Promise<void>((resolve) => timers.after(DISK_RETRY_MS, resolve));
    }
  };

  return {
    state,
    eventCount: () => eventCount,
    nowMs,
    submit: (event, writes = []) => enqueue(event, writes, true),
    insist: (event, writes = []) => insist(event, writes),
    keep: (writes) => insist(null, writes),
    onEffect: (listener) => void listeners.push(listener),
    storageFailure: () => failure,
    async stop() {
      stopped = true;
      await committing;
      await shortener?.idle();
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

function queueFull(): Failure {
  const text = 'more waits to be written to the log than may. Try again in a moment.';
  return failureOf('queue_full', text, COMMIT_QUEUE_RETRY_MS);
}

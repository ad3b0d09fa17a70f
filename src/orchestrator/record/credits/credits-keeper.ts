// Accepted tasks become entries of the record that credit them.
//
//   accepted -> waiting -> priced -> written with others -> in the record, and listed by key
//                 |                       \-> refused: tried again in a while
//                 \-> the process ends: found again behind the record's last entry of credits
//
// The record itself says how far it has followed the scheduler's log, so that nothing is kept beside
// it that could disagree: see credit-position.ts. The scheduler's log is not shortened past what
// waits here. What was accepted for samples and is revoked later is credited first and debited
// then, as it came to pass: to wait until its stage is sealed would hold the log for as long as jobs
// take.
import { assert } from '../../../domain/assert.ts';
import { failure, FailureError, type Failure } from '../../../domain/failure.ts';
import type { AgentId } from '../../../domain/ids.ts';
import {
  CREDITED_STAGES_CACHED_MAX,
  CREDITS_TASKS_MAX,
  CREDITS_WAITING_MAX,
  DISK_RETRY_MS,
} from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import { FUNCTION_TAG } from '../../../execution-machine/index.ts';
import { DIGEST_BYTES } from '../../../integrity/index.ts';
import { packFirst, type CreditedTask } from '../../../ledger/index.ts';
import { sha256 } from '../../../ledger/hashing.ts';
import type { SchedulerEffect } from '../../../scheduler/index.ts';
import { unitsOf, workWorthOf, type WorkWorth } from '../../../workloads/index.ts';
import type { StageOfJob, Store } from '../../log/store.ts';
import type { Logger } from '../../logger.ts';
import type { Platform } from '../../platform.ts';
import type { NetworkRecord } from '../network-record.ts';
import { anchorFrom, spanTag, type CreditPosition } from './credit-position.ts';
import { CreditQueue, type SignatureOf, type WaitingCredit } from './credit-queue.ts';
import type { CreditsIndex, KeyCredits } from './credits-index.ts';

export type CreditsKeeper = {
  /** Notes what an effect credits, in the order of effects; `event` is its event's number. */
  note(effect: SchedulerEffect, event: number, signatureOf: SignatureOf): void;
  /** Writes all that waits. Errors: the record's; what waits goes on waiting. */
  flush(): Promise<Outcome<void>>;
  /** "queue_full" where so much waits that no more tasks are to be leased. */
  mayLease(): Outcome<void>;
  /** Entries that credit a key: see `CreditsIndex.list`. */
  list(agent: AgentId, page: { readonly before: number; readonly most: number }): KeyCredits[];
  /** Tasks of a key that have no entry yet. */
  waitingOf(agent: AgentId): number;
  /** Why the last try failed; null where it did not. */
  failure(): Failure | null;
  /** Writes what waits, as far as the record takes it. */
  close(): Promise<void>;
};

export type CreditsOptions = {
  readonly record: Pick<NetworkRecord, 'write'>;
  /** Id of the function that the entries are for. */
  readonly creditsFunction: string;
  readonly index: CreditsIndex;
  /** Name of the scheduler's log, and how far the record has followed it. */
  readonly stream: string;
  readonly written: CreditPosition;
  readonly store: Pick<Store, 'work'>;
  /** How long the first of some tasks waits for others, to share an entry. */
  readonly waitMs: number;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after'>;
};

/** Keeps credits: see above. */
export function creditsKeeper(options: CreditsOptions): CreditsKeeper {
  const { record, stream, index, logger, now, platform } = options;
  const queue = new CreditQueue(options.written);
  const worthOf = stageWorths(options.store);
  let { written } = options;
  let failed: Failure | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let cancelTimer: (() => void) | null = null;
  let isClosed = false;
  let isAsked = false;

  const writeSoon = (delayMs: number): void => {
    if (isClosed) return;
    cancelTimer ??= platform.after(delayMs, () => void flush());
  };

  const flush = (): Promise<Outcome<void>> => {
    cancelTimer?.();
    cancelTimer = null;
    const flushed = turn.then(writeAll);
    turn = flushed;
    return flushed;
  };

  const writeAll = async (): Promise<Outcome<void>> => {
    isAsked = false;
    while (queue.size > 0) {
      const outcome = await writeFirst();
      if (outcome.ok) continue;
      // Once, and not every time that it is tried again.
      const { message } = outcome.failure;
      if (failed?.message !== message) logger.error(`credits wait: ${message}`);
      failed = outcome.failure;
      writeSoon(DISK_RETRY_MS);
      return outcome;
    }
    failed = null;
    return succeed(undefined);
  };

  const writeFirst = async (): Promise<Outcome<void>> => {
    const waiting = queue.first(CREDITS_TASKS_MAX);
    const [first] = waiting;
    assert(first !== undefined, 'something waits');
    const priced: CreditedTask[] = [];
    for (const credit of waiting) {
      const worth = await worthOf(credit);
      if (!worth.ok) return worth;
      priced.push(credited(credit, worth.value));
    }
    const packed = packFirst(priced, first.kind);
    const { taskCount } = packed;
    const tasks = priced.slice(0, taskCount);
    // Together by report they take less room.
    const sorted = packFirst(byReport(tasks), first.kind);
    const { body } = sorted.taskCount === taskCount ? sorted : packed;
    const to = waiting[taskCount - 1]?.position;
    assert(to !== undefined, 'an entry credits something');
    const entry = await record.write({
      target: null,
      anchor: anchorFrom(stream, written),
      tags: [
        { name: FUNCTION_TAG, value: options.creditsFunction },
        spanTag({ stream, from: written, to }),
      ],
      body,
    });
    if (!entry.ok) return entry;
    written = to;
    queue.drop(taskCount);
    index.add({ index: entry.value.index, atMs: now(), kind: first.kind, tasks });
    return succeed(undefined);
  };

  return {
    note(effect, event, signatureOf) {
      queue.note(effect, event, signatureOf);
      if (queue.size === 0) return;
      if (queue.size < CREDITS_TASKS_MAX || failed !== null) return writeSoon(options.waitMs);
      if (isAsked) return;
      isAsked = true;
      void flush();
    },
    flush,
    mayLease: () => (queue.size < CREDITS_WAITING_MAX ? succeed(undefined) : fail(tooMany(failed))),
    list: (agent, page) => index.list(agent, page),
    waitingOf: (agent) => queue.countOf(agent),
    failure: () => failed,
    async close() {
      isClosed = true;
      await flush();
    },
  };
}

const UNKNOWN_REPORT = new Uint8Array(DIGEST_BYTES);

function credited(
  { job, stage, index, rows, agent, checks, signature }: WaitingCredit,
  worth: WorkWorth,
): CreditedTask {
  const count = rows.end - rows.start;
  const units = unitsOf(worth, count);
  const report = signature === null ? UNKNOWN_REPORT : sha256(signature);
  const { work, model } = worth;
  const of = { job, work, model, stage, index, rows: { start: rows.start, count } };
  return { ...of, agent, report, units, checks };
}

/** In the order in which agents and their reports first come. */
function byReport(tasks: readonly CreditedTask[]): readonly CreditedTask[] {
  const groups = new Map<string, CreditedTask[]>();
  for (const task of tasks) {
    const key = `${task.agent}${String.fromCharCode(...task.report)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [task]);
    else group.push(task);
  }
  return [...groups.values()].flat();
}

/** What a stage that is not in the store is worth: counted, and without a price. */
const UNKNOWN_WORK: WorkWorth = { work: 'unknown', model: '', unitsPerRow: 0 };

/** What the work of stages is worth; the last few are remembered. */
function stageWorths(
  store: Pick<Store, 'work'>,
): (stage: StageOfJob) => Promise<Outcome<WorkWorth>> {
  const known = new Map<string, WorkWorth>();
  return async ({ job, stage }) => {
    const key = `${job}/${stage}`;
    const worth = known.get(key);
    if (worth !== undefined) return succeed(worth);
    try {
      const work = await store.work({ job, stage });
      const found = work === null ? UNKNOWN_WORK : workWorthOf(work);
      known.set(key, found);
      const [oldest] = known.keys();
      if (known.size > CREDITED_STAGES_CACHED_MAX && oldest !== undefined) known.delete(oldest);
      return succeed(found);
    } catch (cause) {
      if (cause instanceof FailureError) return fail(cause.failure);
      throw cause;
    }
  };
}

function tooMany(cause: Failure | null): Failure {
  const why = cause === null ? '' : ` (${cause.message})`;
  const text = `more credits wait for the record than may${why}`;
  return failure('queue_full', `${text}. Come again in a while.`, DISK_RETRY_MS);
}

import { failure, type FailureCode } from '../../domain/failure.ts';
import {
  ACTION_TRIAL_MS,
  SLOW_FUNCTION_MS,
  SLOW_FUNCTIONS_MAX,
  TRIAL_LEVEL_MS,
  TRIALS_TOGETHER_MAX,
  TRIALS_WAITING_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { functionTagOf } from '../../execution-machine/index.ts';
import { encodeBundle, tagsOf, type CheckedEntry } from '../../ledger/index.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import type { Tried } from './functions-message.ts';
import type { RecordFollower } from './record-follower.ts';

/**
 * Tries strangers' actions before the record takes them, on a thread of its own under a clock.
 *
 * Gas stops what is endless, and says so to everybody alike; it does not stop what is slow, and
 * every evaluator after us would have to wait. So what takes too long never enters this log. Nor
 * does what would be refused or stopped in any case. docs/adr/0016.
 */
export type EntryTrial = {
  /**
   * Succeeds for what may enter the log. Whoever signed it may be an attacker.
   *
   * Errors: "action_slow" | "function_unknown" | "input_invalid" | "limit_exceeded" | "queue_full" |
   * "unavailable".
   */
  pass(entry: CheckedEntry): Promise<Outcome<void>>;
};

export function entryTrial(of: {
  readonly record: Pick<NetworkRecord, 'size'>;
  /** Of a thread that has nothing else to do; asked for when it is needed. */
  readonly follower: () => RecordFollower;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}): EntryTrial {
  const { record, now } = of;
  const slow = new SlowFunctions();
  const waiting: Waiting[] = [];
  let isTrying = false;

  /** What waits, together; one after the other where they take too long together. */
  const tryWaiting = async (): Promise<void> => {
    if (isTrying) return;
    isTrying = true;
    while (waiting.length > 0) {
      const together = waiting.splice(0, TRIALS_TOGETHER_MAX);
      const isWhole = await tryTogether(together);
      if (isWhole) continue;
      for (const one of together) await tryTogether([one]);
    }
    isTrying = false;
  };

  /** Settles all of them; false, and settles none, where more than one took too long together. */
  const tryTogether = async (together: readonly Waiting[]): Promise<boolean> => {
    const entries = together.map(({ entry }) => entry);
    const asked = { method: 'tryAll', withinMs: ACTION_TRIAL_MS } as const;
    const sizeBefore = record.size();
    const answer = await of.follower().ask(asked, encodeBundle(entries), now());
    if (answer.ok) {
      for (const [at, one] of together.entries()) {
        const tried = answer.value[at];
        if (tried !== undefined) one.settle(verdictOf(tried));
      }
      return true;
    }
    const isSlow = answer.failure.code === 'timeout';
    if (isSlow && together.length > 1) {
      await of.follower().reached(sizeBefore, TRIAL_LEVEL_MS);
      return false;
    }
    for (const { id, settle } of together) {
      if (isSlow) slow.add(id, now());
      settle(isSlow ? tooSlow('this action takes', SLOW_FUNCTION_MS) : answer);
    }
    return true;
  };

  const tried = (entry: Uint8Array, id: string): Promise<Outcome<void>> => {
    if (waiting.length >= TRIALS_WAITING_MAX) return Promise.resolve(fail(full()));
    return new Promise((settle) => {
      waiting.push({ entry, id, settle });
      void tryWaiting();
    });
  };

  return {
    async pass({ bytes: entry }) {
      const id = functionTagOf({ tags: tagsOf(entry) });
      if (id === null) return succeed(undefined);
      const waitMs = slow.waitOf(id, now());
      if (waitMs > 0) return tooSlow('an action of this function took', waitMs);
      const size = record.size();
      const isLevel = of.follower().size() >= size;
      const first = await tried(entry, id);
      if (first.ok || isLevel || !MAY_BE_EARLY.has(first.failure.code)) return first;
      // It may be about what stands in the log and is not evaluated yet, such as its function.
      if (!(await of.follower().reached(size, TRIAL_LEVEL_MS))) return fail(behind());
      return tried(entry, id);
    },
  };
}

type Waiting = {
  readonly entry: Uint8Array;
  readonly id: string;
  readonly settle: (outcome: Outcome<void>) => void;
};

/** How a trial fails whose state is not yet that of the log. */
const MAY_BE_EARLY = new Set<FailureCode>(['function_unknown', 'input_invalid', 'unavailable']);

/** Functions of which an action took too long: they cost others their turn, and so wait. */
class SlowFunctions {
  /** Until when, by id. Unix time in ms. */
  readonly #until = new Map<string, number>();

  add(id: string, nowMs: number): void {
    if (this.#until.size >= SLOW_FUNCTIONS_MAX) this.#until.clear();
    this.#until.set(id, nowMs + SLOW_FUNCTION_MS);
  }

  waitOf(id: string, nowMs: number): number {
    return Math.max(0, (this.#until.get(id) ?? 0) - nowMs);
  }
}

/** Throwing is a function's own business; what is known already is said again, harmlessly. */
function verdictOf({ kind, reason, detail }: Tried): Outcome<void> {
  if (kind === 'stopped') {
    const text = `this action needs more ${reason ?? 'gas'} than an action may`;
    return fail(failure('limit_exceeded', `${text}. Do it in smaller steps.`));
  }
  if (kind !== 'refused' || reason === 'function_known') return succeed(undefined);
  const why = `the log's functions would refuse it (${reason ?? ''}: ${detail})`;
  if (reason === 'function_unknown') {
    const remedy = 'Deploy it first, or correct its id';
    return fail(failure('function_unknown', `${why}. ${remedy}.`));
  }
  return fail(failure('input_invalid', `${why}. Correct it, and sign it again.`));
}

function tooSlow(what: string, waitMs: number): Outcome<never> {
  const text = `${what} more than ${ACTION_TRIAL_MS} ms, so long as nobody should have to wait`;
  return fail(failure('action_slow', `${text}. Do less in one action.`, waitMs));
}

function behind() {
  const text = 'functions are being evaluated up to the newest entry';
  return failure('unavailable', `${text}. Try again in a moment.`, 1_000);
}

function full() {
  const text = `${TRIALS_WAITING_MAX} actions wait to be tried`;
  return failure('queue_full', `${text}. Try again in a moment.`, 1_000);
}

import { assert } from '../../domain/assert.ts';
import { FailureError, type Failure } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { DISK_RETRY_MS, TINY_CHECK_BYTES_MAX, TINY_CHECK_NODES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes, tensorBytes } from '../../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../../domain/work.ts';
import {
  isOpen,
  type CheckRequest,
  type Judgement as SchedulerJudgement,
} from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Judgement } from '../../workloads/index.ts';
import type { Store } from '../log/store.ts';
import type { RememberingStore } from '../log/unjudged-outputs.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { StageWorks } from '../stage-works.ts';
import type { CheckOrder, OrderedMode } from './check-message.ts';
import type { CheckPool } from './check-pool.ts';
import type { Checker } from './checker.ts';
import { isPartial, orderedMode } from './ordered-mode.ts';

/**
 * Has each requested check made, and tells the scheduler the verdicts.
 *
 * Tiny checks are made on this thread, all of one stage that one commit asked for together. A check
 * that cannot be made accepts nothing: the disk's failures are waited out, any other fails the job,
 * with the reason.
 */
export function judgeResults(parts: {
  readonly coordinator: Coordinator;
  readonly store: RememberingStore;
  readonly works: StageWorks;
  readonly pool: CheckPool;
  /** For tiny tasks, on this thread. */
  readonly checker: Checker;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after' | 'randomBytes'>;
  /** Whether what is accepted for samples of it may be revoked later. */
  readonly mayRevoke: boolean;
}): (requested: readonly CheckRequest[]) => void {
  const { coordinator, works, pool, checker, logger, platform, mayRevoke } = parts;
  let tiny = new Map<StageWork, CheckRequest[]>();

  const isOver = ({ job }: CheckRequest): boolean => {
    return !isOpen(coordinator.state, job);
  };

  /** Checks of one stage, thus of one job. */
  const judge = async (asked: readonly CheckRequest[], check: Check): Promise<void> => {
    const wanted = asked.filter((requested) => !isOver(requested));
    const [first] = wanted;
    if (first === undefined) return;
    const judged = await check(wanted);
    if (isOver(first)) return;
    if (judged.ok) return tell(wanted, judged.value);
    const { failure } = judged;
    if (failure.code === 'unavailable') return;
    if (isStorage(failure)) {
      logger.warn(`a check waits: ${failure.message}`, whichOf(first));
      platform.after(DISK_RETRY_MS, () => wanted.forEach(start));
      return;
    }
    const message = `rows ${whichOf(first).rows} cannot be checked: ${failure.message}`;
    const event = { kind: 'job-failed', job: first.job } as const;
    return coordinator.insist({ ...event, failure: { ...failure, message } });
  };

  const tell = async (asked: readonly CheckRequest[], judged: readonly Judged[]): Promise<void> => {
    const judgements = asked.map(({ task, rows }, index): SchedulerJudgement => {
      const found = judged[index];
      assert(found !== undefined, 'every task that was checked has a judgement');
      const { verdicts, accepted } = found.judgement;
      const isSampled = mayRevoke && accepted !== null && isPartial(found.mode, rows);
      return { task, verdicts, accepted, ...(isSampled && { sampled: true }) };
    });
    await coordinator.insist({ kind: 'judged', judgements });
    parts.store.forgetOutputs(leasesOf(asked));
  };

  /** Errors: "storage_failed". */
  const ordersOf = async (wanted: readonly CheckRequest[]): Promise<Outcome<CheckOrder[]>> => {
    const [first] = wanted;
    if (first === undefined) return succeed([]);
    const { work } = works.known(first) ?? (await works.of(first));
    const found = await readOutputs(parts.store, { job: first.job, leases: leasesOf(wanted) });
    if (!found.ok) return found;
    const outputs = found.value;
    let read = 0;
    // Drawn now, when the results are durable: no agent could know which rows would be looked at.
    const seeds = new Uint32Array(platform.randomBytes(4 * wanted.length).slice().buffer);
    const orders = wanted.map((request, index): CheckOrder => {
      const { rows, results } = request;
      const reported = results.map(({ lease }) => {
        const output = outputs[read++] ?? null;
        assert(output !== null, 'an output is durable before it is checked');
        return { lease, output };
      });
      const seed = seeds[index] ?? 0;
      const mode = orderedMode(coordinator.state, request, mayRevoke);
      return { kind: 'check', work, rows, results: reported, mode, seed };
    });
    return succeed(orders);
  };

  const inPool = async (wanted: readonly CheckRequest[]) => {
    let ordered: OrderedMode = { kind: 'recompute', share: 1 };
    const judged = await pool.check(async () => {
      const orders = await ordersOf(wanted);
      if (!orders.ok) return orders;
      const [order] = orders.value;
      assert(order !== undefined && wanted.length === 1, 'the pool is given one check at a time');
      ordered = order.mode;
      return succeed(order);
    });
    return judged.ok ? succeed([{ judgement: judged.value, mode: ordered }]) : judged;
  };

  const here = async (wanted: readonly CheckRequest[]) => {
    const orders = await ordersOf(wanted);
    if (!orders.ok) return orders;
    const judged = await checker.checkMany(orders.value);
    return judged.ok ? succeed(withModes(orders.value, judged.value)) : judged;
  };

  const failByBug = ([first]: readonly CheckRequest[], cause: unknown): void => {
    // Ended meanwhile: the outputs that it was to read are gone.
    if (first === undefined || isOver(first)) return;
    const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    logger.error('a check failed by a bug', { ...whichOf(first), cause: message });
    const failure = { code: 'execution_failed', message: 'checking failed by a bug' } as const;
    void coordinator.insist({ kind: 'job-failed', job: first.job, failure });
  };

  const run = (asked: readonly CheckRequest[], check: Check): void => {
    judge(asked, check).catch((cause: unknown) => failByBug(asked, cause));
  };

  /** Starts a check once its stage's work is at hand. */
  const startWithWork = async (requested: CheckRequest): Promise<void> => {
    try {
      await works.of(requested);
      start(requested);
    } catch (cause) {
      if (!(cause instanceof FailureError)) return failByBug([requested], cause);
      logger.warn(`a check waits: ${cause.failure.message}`, whichOf(requested));
      platform.after(DISK_RETRY_MS, () => start(requested));
    }
  };

  const runTiny = (): void => {
    const stages = tiny;
    tiny = new Map();
    for (const asked of stages.values()) run(asked, here);
  };

  const start = (requested: CheckRequest): void => {
    if (isOver(requested)) return;
    const named = works.known(requested);
    if (named === null) return void startWithWork(requested);
    if (!isTiny(named.work, requested)) return run([requested], inPool);
    const { work } = named;
    // All that one commit asks for comes in one turn.
    if (tiny.size === 0) queueMicrotask(runTiny);
    const asked = tiny.get(work);
    if (asked === undefined) tiny.set(work, [requested]);
    else asked.push(requested);
  };
  return (requested) => requested.forEach(start);
}

/** What was found of a task, and how it was checked. */
type Judged = { readonly judgement: Judgement<LeaseNumber>; readonly mode: OrderedMode };
type Check = (wanted: readonly CheckRequest[]) => Promise<Outcome<readonly Judged[]>>;

function withModes(
  orders: readonly CheckOrder[],
  judged: readonly Judgement<LeaseNumber>[],
): readonly Judged[] {
  return judged.map((judgement, index) => {
    const order = orders[index];
    assert(order !== undefined, 'each judgement is of an order');
    return { judgement, mode: order.mode };
  });
}

async function readOutputs(
  store: Store,
  { job, leases }: { readonly job: JobId; readonly leases: readonly LeaseNumber[] },
): Promise<Outcome<readonly (TaskOutput | null)[]>> {
  try {
    return succeed(await store.outputs(job, leases));
  } catch (cause) {
    if (cause instanceof FailureError) return fail(cause.failure);
    throw cause;
  }
}

/** In the order of the checks, and of the results of each. */
function leasesOf(asked: readonly CheckRequest[]): LeaseNumber[] {
  const leases: LeaseNumber[] = [];
  for (const { results } of asked) for (const { lease } of results) leases.push(lease);
  return leases;
}

/** For people who look for it. */
function whichOf({ job, rows }: CheckRequest): { readonly job: JobId; readonly rows: string } {
  return { job, rows: `${rows.start} to ${rows.end - 1}` };
}

function isTiny(work: StageWork, { rows }: CheckRequest): boolean {
  const { program, inputs, outputs } = work;
  if (program.kind !== 'graph' || program.nodes.length > TINY_CHECK_NODES_MAX) return false;
  const count = rows.end - rows.start;
  let bytes = 0;
  for (const { tensor, cut } of inputs) {
    bytes += cut === 'rows' ? count * rowBytes(tensor) : tensorBytes(tensor);
  }
  for (const { dtype, rowShape } of outputs) {
    bytes += count * tensorBytes({ dtype, shape: rowShape });
  }
  return bytes <= TINY_CHECK_BYTES_MAX;
}

function isStorage({ code }: Failure): boolean {
  return code === 'storage_failed' || code === 'storage_full';
}

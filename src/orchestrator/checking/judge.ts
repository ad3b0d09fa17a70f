import { randomBytes } from 'node:crypto';
import { assert } from '../../domain/assert.ts';
import { FailureError, type Failure } from '../../domain/failure.ts';
import { DISK_RETRY_MS, TINY_CHECK_BYTES_MAX, TINY_CHECK_NODES_MAX } from '../../domain/limits.ts';
import { rowBytes, tensorBytes } from '../../domain/tensor.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { JobId, LeaseId } from '../../domain/ids.ts';
import type { StageWork, TaskOutput } from '../../domain/work.ts';
import { jobView, type SchedulerEffect } from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Store } from '../log/store.ts';
import type { RememberingStore } from '../log/unjudged-outputs.ts';
import type { Logger } from '../logger.ts';
import type { StageWorks } from '../stage-works.ts';
import type { CheckOrder } from './check-message.ts';
import type { CheckPool } from './check-pool.ts';
import type { Checker } from './checker.ts';

type CheckRequested = SchedulerEffect & { readonly kind: 'check-requested' };

/**
 * Has each requested check made, and tells the scheduler the verdicts.
 *
 * A check that cannot be made accepts nothing: the disk's failures are waited out, any other fails
 * the job, with the reason.
 */
export function judgeResults(parts: {
  readonly coordinator: Coordinator;
  readonly store: RememberingStore;
  readonly works: StageWorks;
  readonly pool: CheckPool;
  /** For tiny tasks, on this thread. */
  readonly checker: Checker;
  readonly logger: Logger;
}): (requested: CheckRequested) => void {
  const { coordinator, works, pool, checker, logger } = parts;

  const isOver = (job: JobId): boolean => jobView(coordinator.state, job)?.endedAtMs !== null;

  const judge = async (requested: CheckRequested): Promise<void> => {
    const { task, job } = requested;
    if (isOver(job)) return;
    const { work } = await works.of(requested);
    const order = () => orderOf(requested, { work, store: parts.store });
    const judged = isTiny(work, requested)
      ? await checkHere(await order(), checker)
      : await pool.check(order);
    if (isOver(job)) return;
    if (judged.ok) {
      await coordinator.insist({ kind: 'judged', task, ...judged.value });
      return parts.store.forgetOutputs(requested.results.map(({ lease }) => lease));
    }
    const { failure } = judged;
    if (failure.code === 'unavailable') return;
    if (isStorage(failure)) {
      logger.warn(`a check waits: ${failure.message}`, { task });
      setTimeout(() => start(requested), DISK_RETRY_MS).unref();
      return;
    }
    const message = `results of task ${task} cannot be checked: ${failure.message}`;
    return coordinator.insist({ kind: 'job-failed', job, failure: { ...failure, message } });
  };

  const start = (requested: CheckRequested): void => {
    judge(requested).catch((cause: unknown) => {
      // Ended meanwhile: the outputs that it was to read are gone.
      if (isOver(requested.job)) return;
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      logger.error('a check failed by a bug', { task: requested.task, cause: message });
      const failure = { code: 'execution_failed', message: 'checking failed by a bug' } as const;
      void coordinator.insist({ kind: 'job-failed', job: requested.job, failure });
    });
  };
  return start;
}

/** Errors: "storage_failed". */
async function orderOf(
  { job, rows, results, mode }: CheckRequested,
  from: { readonly work: StageWork; readonly store: Store },
): Promise<Outcome<CheckOrder>> {
  const leases = results.map(({ lease }) => lease);
  const found = await readOutputs(from.store, { job, leases });
  if (!found.ok) return found;
  const outputs = leases.map((lease, index) => {
    const output = found.value[index] ?? null;
    assert(output !== null, `the output of ${lease} is durable before it is checked`);
    return { lease, output };
  });
  // Drawn now, when the results are durable: no agent could know which rows would be looked at.
  const seed = randomBytes(4).readUInt32LE();
  return succeed({ kind: 'check', work: from.work, rows, results: outputs, mode, seed });
}

async function readOutputs(
  store: Store,
  { job, leases }: { readonly job: JobId; readonly leases: readonly LeaseId[] },
): Promise<Outcome<readonly (TaskOutput | null)[]>> {
  try {
    return succeed(await store.outputs(job, leases));
  } catch (cause) {
    if (cause instanceof FailureError) return fail(cause.failure);
    throw cause;
  }
}

async function checkHere(order: Outcome<CheckOrder>, checker: Checker) {
  return order.ok ? checker.check(order.value) : order;
}

function isTiny(work: StageWork, { rows }: CheckRequested): boolean {
  const { program, inputs, outputs } = work;
  if (program.kind !== 'graph' || program.nodes.length > TINY_CHECK_NODES_MAX) return false;
  const count = rows.end - rows.start;
  let bytes = 0;
  for (const { tensor, cut } of inputs) {
    bytes += cut === 'rows' ? count * rowBytes(tensor) : tensorBytes(tensor);
  }
  for (const { dtype, rowShape } of outputs) {
    bytes += tensorBytes({ dtype, shape: [count, ...rowShape] });
  }
  return bytes <= TINY_CHECK_BYTES_MAX;
}

function isStorage({ code }: Failure): boolean {
  return code === 'storage_failed' || code === 'storage_full';
}

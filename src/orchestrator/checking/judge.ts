import { assert } from '../../domain/assert.ts';
import type { Failure } from '../../domain/failure.ts';
import { DISK_RETRY_MS, TINY_CHECK_BYTES_MAX, TINY_CHECK_NODES_MAX } from '../../domain/limits.ts';
import { rowBytes, tensorBytes } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { jobView, type SchedulerEffect } from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Store } from '../log/store.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
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
  readonly store: Store;
  readonly works: StageWorks;
  readonly pool: CheckPool;
  /** For tiny tasks, on this thread. */
  readonly checker: Checker;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after' | 'randomBytes'>;
}): (requested: CheckRequested) => void {
  const { coordinator, works, pool, checker, logger, platform } = parts;

  const judge = async (requested: CheckRequested): Promise<void> => {
    const { task, job } = requested;
    const isOver = (): boolean => jobView(coordinator.state, job)?.endedAtMs !== null;
    if (isOver()) return;
    const work = works.of(requested);
    const from = { work, store: parts.store, platform };
    // While it waits its turn its job may end, and then its results are gone.
    const order = (): CheckOrder | null => (isOver() ? null : orderOf(requested, from));
    const judged = isTiny(work, requested)
      ? await checker.check(orderOf(requested, from))
      : await pool.check(order);
    if (isOver()) return;
    if (judged.ok) return coordinator.insist({ kind: 'judged', task, ...judged.value });
    const { failure } = judged;
    if (failure.code === 'unavailable') return;
    if (isStorage(failure)) {
      logger.warn(`a check waits: ${failure.message}`, { task });
      platform.after(DISK_RETRY_MS, () => start(requested));
      return;
    }
    const message = `results of task ${task} cannot be checked: ${failure.message}`;
    return coordinator.insist({ kind: 'job-failed', job, failure: { ...failure, message } });
  };

  const start = (requested: CheckRequested): void => {
    judge(requested).catch((cause: unknown) => {
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      logger.error('a check failed by a bug', { task: requested.task, cause: message });
      const failure = { code: 'execution_failed', message: 'checking failed by a bug' } as const;
      void coordinator.insist({ kind: 'job-failed', job: requested.job, failure });
    });
  };
  return start;
}

function orderOf(
  { rows, results, mode }: CheckRequested,
  from: {
    readonly work: StageWork;
    readonly store: Store;
    readonly platform: Pick<Platform, 'randomBytes'>;
  },
): CheckOrder {
  const outputs = results.map(({ lease }) => {
    const output = from.store.output(lease);
    assert(output !== null, `the output of ${lease} is durable before it is checked`);
    return { lease, output };
  });
  // Drawn now, when the results are durable: no agent could know which rows would be looked at.
  const [seed = 0] = new Uint32Array(from.platform.randomBytes(4).slice().buffer);
  return { kind: 'check', work: from.work, rows, results: outputs, mode, seed };
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

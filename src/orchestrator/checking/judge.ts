import { assert } from '../../domain/assert.ts';
import { checkSetOf } from '../../domain/checking.ts';
import { FailureError, type Failure } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import { DISK_RETRY_MS } from '../../domain/limits.ts';
import {
  isOpen,
  type CheckRequest,
  type Judgement as SchedulerJudgement,
} from '../../scheduler/index.ts';
import type { Coordinator } from '../coordinator.ts';
import type { EvidenceBook } from '../evidence/evidence-book.ts';
import type { SignedReports } from '../evidence/signed-reports.ts';
import type { RememberingStore } from '../log/unjudged-outputs.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { StageWorks } from '../stage-works.ts';
import type { CheckedOrder } from './check-message.ts';
import { checkOrders, leasesOf } from './check-orders.ts';
import type { CheckPool } from './check-pool.ts';
import { checkQueue, type CheckedBatch } from './check-queue.ts';
import { isPartial } from './ordered-mode.ts';

/**
 * Has each requested check made by a thread, and tells the scheduler the verdicts.
 *
 * A check that cannot be made accepts nothing: the disk's failures are waited out, any other fails
 * the job, with the reason. Where threads are behind, results wait.
 */
export function judgeResults(parts: {
  readonly coordinator: Coordinator;
  readonly store: RememberingStore;
  readonly works: StageWorks;
  readonly pool: CheckPool;
  /** Null: none is kept. */
  readonly evidence: EvidenceBook | null;
  readonly reports: SignedReports;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after' | 'randomBytes'>;
  /** Whether what is accepted for samples of it may be revoked later. */
  readonly mayRevoke: boolean;
}): (requested: readonly CheckRequest[]) => void {
  const { coordinator, works, pool, logger, platform, mayRevoke, reports } = parts;

  const isOver = ({ job }: CheckRequest): boolean => !isOpen(coordinator.state, job);

  const judge = async ({ requests, outcome }: CheckedBatch): Promise<void> => {
    const [first] = requests;
    if (first === undefined || isOver(first)) return;
    if (outcome.ok) return tellAll(requests, outcome.value);
    const { failure } = outcome;
    if (failure.code === 'unavailable') return;
    if (isStorage(failure)) {
      logger.warn(`a check waits: ${failure.message}`, whichOf(first));
      platform.after(DISK_RETRY_MS, () => requests.forEach(start));
      return;
    }
    const message = `rows ${whichOf(first).rows} cannot be checked: ${failure.message}`;
    const event = { kind: 'job-failed', job: first.job } as const;
    return coordinator.insist({ ...event, failure: { ...failure, message } });
  };

  /** Those that need evidence first do not keep the others waiting. */
  const tellAll = async (
    requests: readonly CheckRequest[],
    checked: readonly CheckedOrder[],
  ): Promise<void> => {
    const rejections: Judged[] = [];
    const others: Judged[] = [];
    for (const [index, requested] of requests.entries()) {
      const found = checked[index];
      assert(found !== undefined, 'every task that was checked has a judgement');
      const { verdicts } = found.judgement;
      const isRejection = verdicts.some(({ verdict }) => verdict.kind === 'rejected');
      if (isRejection && parts.evidence !== null) rejections.push({ ...found, requested });
      else others.push({ ...found, requested });
    }
    await Promise.all([tell(others), ...rejections.map(tellWithEvidence)]);
  };

  const tellWithEvidence = async (rejection: Judged): Promise<void> => {
    const judgement = await parts.evidence?.record({ ...rejection, reports });
    // As checks that a stopping process does not end.
    if (judgement === null) return;
    await tell([judgement === undefined ? rejection : { ...rejection, judgement }]);
  };

  const tell = async (judged: readonly Judged[]): Promise<void> => {
    if (judged.length === 0) return;
    const judgements = judged.map(({ requested, order, judgement }): SchedulerJudgement => {
      const { verdicts, accepted } = judgement;
      const told = { task: requested.task, verdicts, accepted };
      if (accepted === null) return told;
      // No result comes here but under a signature that was verified.
      const checks = checkSetOf(['signature', ...judgement.checks]);
      const isSampled = mayRevoke && isPartial(order.mode, order.rows);
      return { ...told, checks, ...(isSampled && { sampled: true }) };
    });
    await coordinator.insist({ kind: 'judged', judgements });
    const leases = leasesOf(judged.map(({ requested }) => requested));
    parts.store.forgetOutputs(leases);
    reports.forget(leases);
  };

  const failByBug = ([first]: readonly CheckRequest[], cause: unknown): void => {
    // Ended meanwhile: the outputs that it was to read are gone.
    if (first === undefined || isOver(first)) return;
    const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    logger.error('a check failed by a bug', { ...whichOf(first), cause: message });
    const failure = { code: 'execution_failed', message: 'checking failed by a bug' } as const;
    void coordinator.insist({ kind: 'job-failed', job: first.job, failure });
  };

  const enqueue = checkQueue({
    pool,
    ordersOf: checkOrders(parts),
    isOver,
    onBatch: (batch) => {
      judge(batch).catch((cause: unknown) => failByBug(batch.requests, cause));
    },
    onBug: failByBug,
  });

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

  const start = (requested: CheckRequest): void => {
    if (isOver(requested)) return;
    const named = works.known(requested);
    if (named === null) return void startWithWork(requested);
    enqueue(named.work, requested);
  };
  return (requested) => requested.forEach(start);
}

/** What was found of a request, and the check that found it. */
type Judged = CheckedOrder & { readonly requested: CheckRequest };

/** For people who look for it. */
function whichOf({ job, rows }: CheckRequest): { readonly job: JobId; readonly rows: string } {
  return { job, rows: `${rows.start} to ${rows.end - 1}` };
}

function isStorage({ code }: Failure): boolean {
  return code === 'storage_failed' || code === 'storage_full';
}

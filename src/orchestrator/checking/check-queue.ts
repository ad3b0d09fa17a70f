import type { Outcome } from '../../domain/outcome.ts';
import type { StageWork } from '../../domain/work.ts';
import type { CheckRequest } from '../../scheduler/index.ts';
import { checkBatch } from './check-batch.ts';
import type { CheckedOrder } from './check-message.ts';
import type { CheckOrders } from './check-orders.ts';
import type { CheckPool } from './check-pool.ts';

/** Requests of one stage that were checked together, and what came of it, in their order. */
export type CheckedBatch = {
  readonly requests: readonly CheckRequest[];
  readonly outcome: Outcome<readonly CheckedOrder[]>;
};

/** Takes a request whose stage's work is at hand. */
export type CheckQueue = (work: StageWork, request: CheckRequest) => void;

/**
 * Gathers requests by stage while the threads are busy, and gives each thread as many as it can
 * check together: what they share is read and computed once for all of them.
 */
export function checkQueue(parts: {
  readonly pool: Pick<CheckPool, 'checkMany'>;
  readonly ordersOf: CheckOrders;
  /** Requests that nobody needs any more are left out. */
  readonly isOver: (request: CheckRequest) => boolean;
  readonly onBatch: (batch: CheckedBatch) => void;
  /** What was checked together came to nothing, for a reason that is no failure. */
  readonly onBug: (requests: readonly CheckRequest[], cause: unknown) => void;
}): CheckQueue {
  const { pool, ordersOf, isOver, onBatch, onBug } = parts;
  const waiting = new Map<StageWork, CheckRequest[]>();

  const take = (work: StageWork): readonly CheckRequest[] => {
    const requests = waiting.get(work) ?? [];
    const batch: CheckRequest[] = [];
    const takes = checkBatch(work);
    let taken = 0;
    for (const request of requests) {
      const isNeeded = !isOver(request);
      if (isNeeded && !takes(request)) break;
      taken++;
      if (isNeeded) batch.push(request);
    }
    if (taken === requests.length) waiting.delete(work);
    else {
      waiting.set(work, requests.slice(taken));
      give(work);
    }
    return batch;
  };

  /** One batch of a stage waits for a thread at a time, and grows until it has one. */
  const give = (work: StageWork): void => {
    let batch: readonly CheckRequest[] | null = null;
    const checking = pool.checkMany(async () => {
      // What one commit asks for comes in one turn: it goes together.
      await Promise.resolve();
      batch ??= take(work);
      return ordersOf(work, batch);
    });
    checking.then(
      (outcome) => onBatch({ requests: batch ?? [], outcome }),
      (cause: unknown) => onBug(batch ?? [], cause),
    );
  };

  return (work, request) => {
    const requests = waiting.get(work);
    if (requests !== undefined) return void requests.push(request);
    waiting.set(work, [request]);
    give(work);
  };
}

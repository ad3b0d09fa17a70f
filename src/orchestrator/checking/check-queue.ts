import { CHECK_BATCH_BYTES, CHECKS_PER_BATCH_MAX } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { rowBytes, tensorBytes } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import type { CheckRequest } from '../../scheduler/index.ts';
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
    let bytes = 0;
    let taken = 0;
    for (const request of requests) {
      const size = bytesOf(work, request);
      const isFull = batch.length === CHECKS_PER_BATCH_MAX || bytes + size > CHECK_BATCH_BYTES;
      if (batch.length > 0 && isFull) break;
      taken++;
      if (isOver(request)) continue;
      bytes += size;
      batch.push(request);
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

/** What is read to check a task: its inputs' rows, and its outputs. */
function bytesOf({ inputs, outputs }: StageWork, { rows, results }: CheckRequest): number {
  const count = rows.end - rows.start;
  let bytes = 0;
  for (const { tensor, cut } of inputs) if (cut === 'rows') bytes += count * rowBytes(tensor);
  for (const { dtype, rowShape } of outputs) {
    bytes += results.length * count * tensorBytes({ dtype, shape: rowShape });
  }
  return bytes;
}

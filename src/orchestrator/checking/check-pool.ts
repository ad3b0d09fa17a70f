// Threads that judge results, so that the event loop never computes.
//
//   queued -> given to an idle worker -> done
//                  |-> the worker dies or takes too long -> a new one -> queued again, at most
//                      CHECK_TRIES_MAX times
import { Worker } from 'node:worker_threads';
import { failure } from '../../domain/failure.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { CHECK_MS_MAX, CHECK_TRIES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { BlockSource } from '../../data/index.ts';
import type { Judgement, ModelFacts } from '../../workloads/index.ts';
import { shuttingDown } from '../coordinator.ts';
import type { Logger } from '../logger.ts';
import type { EvidenceOrder, MadeEvidence } from '../evidence/evidence-order.ts';
import type {
  Answer,
  CheckedOrder,
  CheckOrder,
  FromWorker,
  Order,
  ToWorker,
} from './check-message.ts';
import { checkedOrders } from './checked-orders.ts';

export type CheckPool = {
  /**
   * `orders`, all of one stage, are made when a worker is free for them, so that a queue holds no
   * tensors; anew where a worker died of them.
   */
  checkMany(orders: () => Promise<Outcome<readonly CheckOrder[]>>): Promise<Checked>;
  /** Goes before all checks: a producer waits for it. */
  probe(spec: InferenceSpec): Promise<Outcome<ModelFacts>>;
  /** Makes the evidence of a rejected result: its check once more. */
  evidence(order: EvidenceOrder): Promise<Outcome<MadeEvidence>>;
  /** Starts a thread ahead of the first order, which would else wait for it. */
  warm(): void;
  close(): Promise<void>;
};

type Checked = Outcome<readonly CheckedOrder[]>;

type Queued = {
  readonly order: () => Promise<Outcome<Order>>;
  readonly settle: (outcome: Outcome<Answer>) => void;
  tries: number;
};

type Seat = { worker: Worker | null; queued: Queued | null; deadline: NodeJS.Timeout | null };

/** Starts no thread before the first order, unless warmed. */
export function checkPool(options: {
  readonly threads: number;
  readonly blocks: BlockSource;
  readonly logger: Logger;
  /** The worker's entry. */
  readonly entry: URL;
}): CheckPool {
  const seats = Array.from({ length: options.threads }, (): Seat => {
    return { worker: null, queued: null, deadline: null };
  });
  const waiting: Queued[] = [];
  let head = 0;
  let closed = false;

  const next = (): Queued | undefined => {
    const queued = waiting[head];
    if (queued === undefined) return undefined;
    head += 1;
    if (head > 1024 && head * 2 > waiting.length) {
      waiting.splice(0, head);
      head = 0;
    }
    return queued;
  };

  const fill = (): void => {
    for (const seat of seats) {
      if (seat.queued !== null) continue;
      const queued = next();
      if (queued === undefined) return;
      give(seat, queued);
    }
  };

  const give = (seat: Seat, queued: Queued): void => {
    const worker = (seat.worker ??= startWorker(seat));
    seat.queued = queued;
    queued.tries += 1;
    seat.deadline = setTimeout(() => void seat.worker?.terminate(), CHECK_MS_MAX);
    void queued
      .order()
      .catch((cause: unknown) => fail(failure('execution_failed', `a bug: ${String(cause)}`)))
      .then((order) => start(seat, { worker, queued, order }));
  };

  const start = (
    seat: Seat,
    given: { readonly worker: Worker; readonly queued: Queued; readonly order: Outcome<Order> },
  ): void => {
    const { worker, queued, order } = given;
    // It may have died meanwhile, and the order been given to the next one.
    if (seat.queued !== queued || seat.worker !== worker) return;
    const isEmpty = order.ok && order.value.kind === 'checks' && order.value.orders.length === 0;
    if (order.ok && !isEmpty) return post(worker, { kind: 'order', order: order.value });
    finish(seat)?.settle(order.ok ? succeed([]) : order);
    fill();
  };

  const finish = (seat: Seat): Queued | null => {
    const { queued } = seat;
    seat.queued = null;
    if (seat.deadline !== null) clearTimeout(seat.deadline);
    return queued;
  };

  const startWorker = (seat: Seat): Worker => {
    const worker = new Worker(options.entry, { execArgv: [] });
    let cause = 'it took too long, or the process ran out of memory';
    worker.on('error', (error) => (cause = String(error)));
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'done') {
        finish(seat)?.settle(message.outcome);
        fill();
        return;
      }
      const { request, id } = message;
      void options.blocks
        .get(id)
        .then((outcome) => post(worker, { kind: 'block', request, outcome }));
    });
    worker.on('exit', () => {
      seat.worker = null;
      const queued = finish(seat);
      if (closed || queued === null) return;
      options.logger.warn('a checking thread died and is replaced', { cause });
      if (queued.tries < CHECK_TRIES_MAX) give(seat, queued);
      else
        queued.settle(
          fail(failure('execution_failed', `checking died ${CHECK_TRIES_MAX} times: ${cause}`)),
        );
      fill();
    });
    return worker;
  };

  const enqueue = <Value>(order: Queued['order'], first: boolean): Promise<Outcome<Value>> => {
    if (closed) return Promise.resolve(fail(shuttingDown()));
    return new Promise((resolve) => {
      // A worker answers each kind of order with its own kind of value.
      const settle = resolve as Queued['settle'];
      const queued = { order, settle, tries: 0 };
      if (first) waiting.splice(head, 0, queued);
      else waiting.push(queued);
      fill();
    });
  };

  return {
    async checkMany(orders) {
      let given: readonly CheckOrder[] = [];
      const checked = await enqueue<readonly Judgement<LeaseNumber>[]>(async () => {
        const made = await orders();
        if (!made.ok) return made;
        given = made.value;
        return succeed({ kind: 'checks', orders: given });
      }, false);
      return checked.ok ? succeed(checkedOrders(given, checked.value)) : checked;
    },
    probe: (spec) => enqueue<ModelFacts>(async () => succeed({ kind: 'probe', spec }), true),
    evidence: (order) => enqueue<MadeEvidence>(async () => succeed(order), false),
    warm() {
      const [seat] = seats;
      if (!closed && seat !== undefined) seat.worker ??= startWorker(seat);
    },
    async close() {
      closed = true;
      for (const seat of seats) finish(seat)?.settle(fail(shuttingDown()));
      for (const queued of waiting.slice(head)) queued.settle(fail(shuttingDown()));
      await Promise.all(seats.map(({ worker }) => worker?.terminate()));
    },
  };
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message, []);
}

import type { MessagePort } from 'node:worker_threads';
import { assertNever } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { CHECK_CACHE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import { cachedBlocks, memoryBlocks, type BlockSource } from '../../data/index.ts';
import { makeEvidence } from '../evidence/make-evidence.ts';
import type { Answer, FromWorker, Order, ToWorker } from './check-message.ts';
import { makeChecker } from './checker.ts';

/** Serves a pool's orders in this thread, one at a time; blocks are asked for from the pool. */
export function serveChecks(port: MessagePort): void {
  const awaited = new Map<number, (outcome: Outcome<Uint8Array>) => void>();
  let requests = 0;
  const send = (message: FromWorker): void => port.postMessage(message);
  const source: BlockSource = {
    get: (id) => {
      return new Promise((resolve) => {
        requests += 1;
        awaited.set(requests, resolve);
        send({ kind: 'get-block', request: requests, id });
      });
    },
  };
  const cache = memoryBlocks({ bytesMax: CHECK_CACHE_BYTES_MAX });
  const blocks = cachedBlocks({ cache, source });
  const checker = makeChecker(blocks);
  const answer = (order: Order): Promise<Outcome<Answer>> => {
    switch (order.kind) {
      case 'checks':
        return checker.checkMany(order.orders);
      case 'probe':
        return checker.probe(order.spec);
      case 'evidence':
        return makeEvidence(order, { source: blocks });
      default:
        return assertNever(order);
    }
  };
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'block') {
      awaited.get(message.request)?.(message.outcome);
      awaited.delete(message.request);
      return;
    }
    answer(message.order).then(
      (outcome) => send({ kind: 'done', outcome }),
      (cause: unknown) => {
        const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        send({ kind: 'done', outcome: fail(failure('execution_failed', `a bug: ${text}`)) });
      },
    );
  });
}

import { assert } from '../../domain/assert.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import type { CheckedOrder, CheckOrder } from './check-message.ts';

/** Orders with the judgements that a checker gave on them, in their order. */
export function checkedOrders(
  orders: readonly CheckOrder[],
  judgements: readonly Judgement<LeaseNumber>[],
): readonly CheckedOrder[] {
  return orders.map((order, index) => {
    const judgement = judgements[index];
    assert(judgement !== undefined, 'each order comes to a judgement');
    return { order, judgement };
  });
}

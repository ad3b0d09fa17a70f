import { assert } from '../../domain/assert.ts';
import type { RowRange } from '../../domain/tensor.ts';
import { samplingFacts, type CheckRequest, type SchedulerState } from '../../scheduler/index.ts';
import { drawsAll, sampledShare } from '../../validation/index.ts';
import type { OrderedMode } from './check-message.ts';

/**
 * How a result is checked: as its job's policy says, or as ours does where the job leaves it to us.
 *
 * `mayRevoke`: whether what is accepted for samples of it may be revoked later; all rows are looked
 * at where not.
 */
export function orderedMode(
  state: SchedulerState,
  { job, rows, results, mode }: CheckRequest,
  mayRevoke: boolean,
): OrderedMode {
  if (mode.kind !== 'adaptive') return mode;
  const [only] = results;
  assert(only !== undefined, 'a check has a result');
  const facts = samplingFacts(state, { job, rows, agent: only.agent });
  const isSampled = facts.workload !== 'operators' && mayRevoke;
  return { kind: 'recompute', share: isSampled ? sampledShare(facts) : 1 };
}

/** Whether only some rows are looked at. */
export function isPartial(mode: OrderedMode, rows: RowRange): boolean {
  return mode.kind === 'recompute' && !drawsAll({ rows, share: mode.share });
}

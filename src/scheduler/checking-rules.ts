import { assertNever } from '../domain/assert.ts';
import type { CheckingPolicy } from '../domain/checking.ts';
import type { CheckMode } from './effect.ts';

/** What a task needs next: an agent, for its first or second result, or a check. */
export type NextMove =
  | { readonly kind: 'lease' }
  | { readonly kind: 'check'; readonly mode: CheckMode };

/**
 * Decides what a task that is neither leased nor being checked needs next.
 *
 * `secondExpected`: somebody else is able to give a second result, and likely to do it in time.
 */
export function nextMove(
  policy: CheckingPolicy,
  task: { readonly resultCount: number; readonly secondExpected: boolean },
): NextMove {
  if (task.resultCount === 0) return { kind: 'lease' };
  if (task.resultCount === 2) return { kind: 'check', mode: { kind: 'compare' } };
  switch (policy.kind) {
    case 'recompute':
      return { kind: 'check', mode: { kind: 'recompute', share: policy.share } };
    case 'adaptive':
      if (task.secondExpected) return { kind: 'lease' };
      return { kind: 'check', mode: { kind: 'adaptive' } };
    case 'twice':
      return { kind: 'lease' };
    case 'auto':
      if (task.secondExpected) return { kind: 'lease' };
      return { kind: 'check', mode: { kind: 'recompute', share: 1 } };
    default:
      return assertNever(policy);
  }
}

import { STAGE_CHECKS } from '../../../src/domain/limits.ts';
import { EXACT_ESCAPE_MAX, FLOAT_ESCAPE_MAX } from '../../../src/validation/index.ts';
import type { Subject } from './trust-jobs.ts';

/** The chance that a wrong result of a product passes its check. */
export const DECLARED = {
  qmatmul: `at most ${EXACT_ESCAPE_MAX.toExponential(1)}`,
  matmul: `at most ${FLOAT_ESCAPE_MAX.toExponential(1)} if off by 64 times the tolerance`,
} as const;

/**
 * Wrong results of a key that are sealed on average, over what each key gives of the stage, at most.
 *
 * Source: src/validation/sampled-share.ts.
 */
export const DECLARED_ESCAPES = 1 / (Math.E * STAGE_CHECKS);

/** Says of a subject whether its check is complete or sampled, and what that leaves open. */
export function declaredOf(subject: Subject): string {
  switch (subject) {
    case 'model rows':
      return `sampled: on average at most 1 in ${Math.floor(1 / DECLARED_ESCAPES)} results of keys that lie`;
    case 'qmatmul':
    case 'matmul':
    case 'matmul, add, relu':
      return `complete: ${subject === 'qmatmul' ? DECLARED.qmatmul : DECLARED.matmul} a result`;
    default:
      return 'complete: 0';
  }
}

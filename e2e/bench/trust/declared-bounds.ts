import { FULLY_CHECKED_RESULTS } from '../../../src/domain/limits.ts';
import { EXACT_ESCAPE_MAX, FLOAT_ESCAPE_MAX } from '../../../src/validation/index.ts';
import type { Subject } from './trust-jobs.ts';

/** The chance that a wrong result of a product passes its check. */
export const DECLARED = {
  qmatmul: `at most ${EXACT_ESCAPE_MAX.toExponential(1)}`,
  matmul: `at most ${FLOAT_ESCAPE_MAX.toExponential(1)} if off by 64 times the tolerance`,
} as const;

/** Share of the results of one key that may be wrong and sealed before it is caught. */
export const DECLARED_ESCAPES = 1 / FULLY_CHECKED_RESULTS;

/** Says of a subject whether its check is complete or sampled, and what that leaves open. */
export function declaredOf(subject: Subject): string {
  switch (subject) {
    case 'model rows':
      return `sampled: 1 in ${FULLY_CHECKED_RESULTS} results of a key that lies, at most`;
    case 'qmatmul':
    case 'matmul':
    case 'matmul, add, relu':
      return `complete: ${subject === 'qmatmul' ? DECLARED.qmatmul : DECLARED.matmul} a result`;
    default:
      return 'complete: 0';
  }
}

import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import type { Check, CheckName } from './check.ts';
import { DIGEST } from './checks/digest.ts';
import { FINITE_AND_RANGE } from './checks/finite-and-range.ts';
import { FREIVALDS_EXACT } from './checks/freivalds-exact.ts';
import { FREIVALDS_FLOAT } from './checks/freivalds-float.ts';
import { RECOMPUTE_ROWS } from './checks/recompute-rows.ts';
import { REDUNDANCY } from './checks/redundancy.ts';
import { SIGNATURE } from './checks/signature.ts';
import { STRUCTURE } from './checks/structure.ts';
import { WITNESS } from './checks/witness.ts';

/** All checks, cheapest first. A result enters an output only after one that proves its numbers. */
export const CATALOGUE: readonly Check[] = [
  STRUCTURE,
  SIGNATURE,
  DIGEST,
  FINITE_AND_RANGE,
  FREIVALDS_EXACT,
  FREIVALDS_FLOAT,
  WITNESS,
  RECOMPUTE_ROWS,
  REDUNDANCY,
];

/** Of every result, whatever was computed. */
const ALWAYS: readonly CheckName[] = ['structure', 'signature', 'digest'];
const OF_VALUES: readonly CheckName[] = ['recompute-rows', 'redundancy'];

/** The checks that apply to an operator's results. */
export function checksOfOperator(operator: OperatorName): readonly CheckName[] {
  switch (operator) {
    case 'qmatmul':
      return [...ALWAYS, 'finite-and-range', 'freivalds-exact', ...OF_VALUES];
    case 'matmul':
      return [...ALWAYS, 'freivalds-float', ...OF_VALUES];
    case 'relu':
    case 'exp':
    case 'sigmoid':
    case 'tanh':
    case 'softmax':
    case 'gelu':
    case 'silu':
      return [...ALWAYS, 'finite-and-range', ...OF_VALUES];
    default:
      return [...ALWAYS, ...OF_VALUES];
  }
}

/** The checks that apply to the results of a kind of work. */
export const CHECKS_OF_WORKLOADS: Readonly<
  Record<'inference' | 'operators' | 'audit', readonly CheckName[]>
> = {
  inference: [...ALWAYS, ...OF_VALUES],
  audit: [...ALWAYS, ...OF_VALUES],
  operators: [...new Set([...OPERATORS.flatMap(checksOfOperator), 'witness' as const])],
};

import type { OperatorName } from '../domain/operator.ts';

/** Whether an operator is a product of matrices, [m,k] x [k,n]. */
export function isProduct(operator: OperatorName): operator is 'matmul' | 'qmatmul' {
  return operator === 'matmul' || operator === 'qmatmul';
}

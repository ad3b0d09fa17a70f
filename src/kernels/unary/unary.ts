import type { OperatorName } from '../../domain/operator.ts';

/** The unary operators in the order by which the WASM and WGSL kernels number them. */
export const UNARY = ['relu', 'tanh', 'sigmoid', 'exp', 'log', 'gelu', 'silu'] as const;
export type UnaryOperator = (typeof UNARY)[number];

/** Whether an operator takes one tensor element by element. */
export function isUnary(operator: OperatorName): operator is UnaryOperator {
  const names: readonly OperatorName[] = UNARY;
  return names.includes(operator);
}

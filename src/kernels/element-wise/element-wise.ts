import type { OperatorName } from '../../domain/operator.ts';

/** The element-wise operators in the order by which the WASM and WGSL kernels number them. */
export const ELEMENT_WISE = ['add', 'sub', 'mul', 'div', 'max', 'min'] as const;
export type ElementWiseOperator = (typeof ELEMENT_WISE)[number];

/** Whether an operator is element-wise. */
export function isElementWise(operator: OperatorName): operator is ElementWiseOperator {
  const names: readonly OperatorName[] = ELEMENT_WISE;
  return names.includes(operator);
}

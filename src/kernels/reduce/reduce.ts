import type { OperatorName } from '../../domain/operator.ts';
import { elementCount, type Shape } from '../../domain/tensor.ts';

/** The reductions in the order by which the WASM and WGSL kernels number them. */
export const REDUCTIONS = ['reduce-sum', 'reduce-mean', 'reduce-max'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** Whether an operator reduces an axis. */
export function isReduction(operator: OperatorName): operator is Reduction {
  const names: readonly OperatorName[] = REDUCTIONS;
  return names.includes(operator);
}

/** A shape seen as [outer, count, inner], where count is the axis reduced. */
export function aroundAxis(
  shape: Shape,
  axis: number,
): { outer: number; count: number; inner: number } {
  return {
    outer: elementCount(shape.slice(0, axis)),
    count: shape[axis] ?? 1,
    inner: elementCount(shape.slice(axis + 1)),
  };
}

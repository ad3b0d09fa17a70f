import type { OperatorName } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';
import { isProduct } from '../product.ts';

/**
 * Sizes at which an operator is tried: those that models have, smallest first.
 *
 * Shapes: [m, k, n] of products [m,k] x [k,n]; [rows, columns] of all others, where attention has
 * one head of as many queries and keys, and gather takes every row of its table.
 */
export function trialSizes(operator: OperatorName): readonly Shape[] {
  return isProduct(operator) ? PRODUCT_SIZES : OTHER_SIZES;
}

const PRODUCT_SIZES = [
  [1, 768, 768],
  [1, 768, 3072],
  [128, 768, 768],
  [512, 512, 512],
  [1024, 1024, 1024],
] as const;

const OTHER_SIZES = [
  [1, 768],
  [128, 768],
  [128, 3072],
  [1024, 1024],
] as const;

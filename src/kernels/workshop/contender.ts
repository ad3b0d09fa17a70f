import type { OperatorName } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';

/**
 * Who runs an operator: the network's own kernels, ONNX Runtime and jax-js, on two backends each.
 *
 * "wasm-threads" is for products alone: two threads, see `openThreadedKernels`.
 */
export const CONTENDERS = [
  'wasm',
  'wasm-threads',
  'ort-wasm',
  'jax-wasm',
  'webgpu',
  'ort-webgpu',
  'jax-webgpu',
] as const;
export type Contender = (typeof CONTENDERS)[number];

/** One operator at one size by one contender; see `runTrial`. */
export type TrialOrder = {
  readonly operator: OperatorName;
  readonly size: Shape;
  readonly contender: Contender;
};

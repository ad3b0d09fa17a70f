import type { Tensor } from '../../domain/tensor.ts';
import type { DotProduct } from '../choose-dot-product.ts';
import type { ColumnRange } from '../column-range.ts';
import type { OperatorCall } from '../kernels.ts';
import type { WasmBuild } from '../wasm-kernels.ts';

/** What a helping thread is told; the next thing only after its answer. */
export type ToThread =
  /** First: the same build and way as those of whom it helps, so that it gives the same bits. */
  | { readonly kind: 'open'; readonly build: WasmBuild; readonly dotProduct: DotProduct }
  /** Columns of a product that was checked. The bytes of all tensors lie in memory that both see. */
  | {
      readonly kind: 'run';
      readonly call: OperatorCall;
      readonly result: Tensor;
      readonly columns: ColumnRange;
    };

/** What it answers: it did it, or why it could not. */
export type FromThread =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };

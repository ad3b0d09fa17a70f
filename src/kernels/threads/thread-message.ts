import type { Tensor } from '../../domain/tensor.ts';
import type { DotProduct } from '../choose-dot-product.ts';
import type { OperatorCall } from '../kernels.ts';
import type { WasmBuild } from '../wasm-kernels.ts';

/** What a helping thread is told; the next thing only after its answer. */
export type ToThread =
  /** First: the same build and way as those of whom it helps, so that it gives the same bits. */
  | { readonly kind: 'open'; readonly build: WasmBuild; readonly dotProduct: DotProduct }
  /** A product that was checked. All bytes lie in memory that both see; operands may come later. */
  | {
      readonly kind: 'run';
      /** The product's number. */
      readonly turn: number;
      readonly call: OperatorCall;
      readonly result: Tensor;
      /** Waited for and set: see `SharedPart`. */
      readonly signals: Int32Array<SharedArrayBuffer>;
    };

/** What it answers: it did it, or why it could not. */
export type FromThread =
  | { readonly kind: 'done'; /** 0: it opened. */ readonly turn: number }
  | { readonly kind: 'failed'; readonly why: string };

import type { Suite } from '../figure.ts';
import { gptExact } from './gpt-exact.ts';
import { onGpu } from './on-gpu.ts';
import { productVariants } from './product-variants.ts';
import { products } from './products.ts';
import { twoThreads } from './two-threads.ts';

/** Operators and whole models, beside ONNX Runtime's and what the machine could do. */
export const kernels: Suite = {
  name: 'kernels',
  measurements: [products, twoThreads, gptExact, productVariants, onGpu],
};

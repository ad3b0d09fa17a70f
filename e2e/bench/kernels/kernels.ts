import type { Suite } from '../figure.ts';
import { gptExact } from './gpt-exact.ts';
import { products } from './products.ts';

/** Operators and whole models in WASM, beside ONNX Runtime's and what the machine could do. */
export const kernels: Suite = { name: 'kernels', measurements: [products, gptExact] };

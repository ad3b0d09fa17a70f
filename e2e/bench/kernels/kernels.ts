import type { Suite } from '../figure.ts';
import { products } from './products.ts';

/** Operators in WASM, beside ONNX Runtime's and beside what the machine could do. */
export const kernels: Suite = { name: 'kernels', measurements: [products] };

import { GPU_SUBMISSION_PRODUCTS_MAX, TOP_K_MAX } from '../../domain/limits.ts';
import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { EXACT } from '../rounding.ts';
import { isInt32Vector } from '../row-indices.ts';
import { int32View } from '../tensor-view.ts';
import { WORKGROUPS_MAX, type WebGpuStep } from '../webgpu-steps.ts';
import { topKCases } from './top-k-cases.ts';
import { topKReference } from './top-k-reference.ts';

/**
 * The columns of each row's highest numbers, the highest first; of equal ones the first column first.
 *
 * NaN is above all numbers and equal to itself, as in argmax, which is the first column of this; zeros
 * of both signs are equal. Exact on every backend: subnormals are compared as they are. How many are
 * wanted is said by their ranks, because an operator has no other operands than tensors.
 *
 * Shapes: x f32 [m,n], ranks i32 [k], which are 0 to k - 1 -> i32 [m,k]; 1 <= k <= n.
 * Limits: k <= TOP_K_MAX. Errors: input_invalid for other ranks.
 */
export const TOP_K: OperatorDefinition = {
  needs: `needs float32 [m,n] and int32 ranks [k] with 1 <= k <= n and k <= ${TOP_K_MAX}`,
  output: (inputs) => {
    const [x, ranks] = inputs;
    if (inputs.length !== 2 || !isFloat32(x, 2) || !isInt32Vector(ranks)) return null;
    const [[rows = 0, columns = 0], [count = 0]] = [x.shape, ranks.shape];
    const fits = count >= 1 && count <= columns && count <= TOP_K_MAX;
    return fits ? { dtype: 'int32', shape: [rows, count] } : null;
  },
  invalid: ([, ranks]) => {
    const at = ranks ? int32View(ranks).findIndex((rank, index) => rank !== index) : -1;
    if (ranks === undefined || at < 0) return null;
    const count = elementCount(ranks.shape);
    return `rank ${int32View(ranks)[at]} at ${at}: give the ranks 0 to ${count - 1}, in order`;
  },
  reference: topKReference,
  cases: topKCases,
  tolerance: () => EXACT,
  wasm: (wasm, { shapes: [shape = [], ranks = []], inputs: [from = 0], output }) => {
    const [rows = 0, columns = 0] = shape;
    wasm.topK(from, output, rows, columns, ranks[0] ?? 0);
  },
  webgpu: ([[rows = 0, columns = 0] = [], [count = 0] = []]) => {
    const most = Math.floor(GPU_SUBMISSION_PRODUCTS_MAX / (columns * count));
    const height = Math.min(Math.max(1, most), WORKGROUPS_MAX);
    const steps: WebGpuStep[] = [];
    for (let first = 0; first < rows; first += height) {
      const workgroups = [Math.min(height, rows - first), 1] as const;
      steps.push({ sizes: [first, columns], workgroups });
    }
    return { shader: 'topK', entryPoint: 'main', steps };
  },
  rowInputs: [0],
  // Whatever is nearly as high may be higher on another device.
  magnifiesErrors: true,
  operations: ([shape = []]) => 4 * elementCount(shape),
};

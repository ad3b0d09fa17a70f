import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { EXACT } from '../rounding.ts';
import { rowSteps } from '../webgpu-steps.ts';
import { argmaxCases } from './argmax-cases.ts';
import { argmaxReference } from './argmax-reference.ts';

/**
 * The column of each row's highest number, and of several the first.
 *
 * NaN is above all numbers, as in NumPy; zeros of both signs are equal. Exact on every backend:
 * subnormals are compared as they are.
 *
 * Shapes: f32 [m,n] -> i32 [m]; n >= 1.
 */
export const ARGMAX: OperatorDefinition = {
  needs: 'needs one float32 [m,n] with at least one column',
  output: (inputs) => {
    const [input] = inputs;
    if (inputs.length !== 1 || !isFloat32(input, 2)) return null;
    const [rows = 0, columns = 0] = input.shape;
    return columns === 0 ? null : { dtype: 'int32', shape: [rows] };
  },
  reference: argmaxReference,
  cases: argmaxCases,
  tolerance: () => EXACT,
  wasm: (wasm, { shapes: [shape = []], inputs: [from = 0], output }) => {
    const [rows = 0, columns = 0] = shape;
    wasm.argmax(from, output, rows, columns);
  },
  webgpu: ([shape = []]) => {
    const [rows = 0, columns = 0] = shape;
    return { shader: 'argmax', entryPoint: 'main', steps: rowSteps(rows, [columns]) };
  },
  rowInputs: [0],
  // Whatever is nearly the highest may be the highest on another device.
  magnifiesErrors: true,
  operations: ([shape = []]) => 4 * elementCount(shape),
};

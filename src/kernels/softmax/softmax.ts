import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { rowSteps } from '../webgpu-steps.ts';
import { softmaxCases } from './softmax-cases.ts';
import { softmaxReference } from './softmax-reference.ts';
import { softmaxTolerance } from './softmax-tolerance.ts';

/**
 * Each row's exponentials as shares of their sum.
 *
 * The row's maximum is taken off first, so that nothing overflows: where it is finite, -Infinity has
 * no share, and the row adds up to 1. A row with NaN or Infinity, or of -Infinity alone, is NaN.
 * Shares below the smallest normal number may be zero.
 *
 * Shapes: f32 [m,n] -> f32 [m,n].
 */
export const SOFTMAX: OperatorDefinition = {
  needs: 'needs one float32 [m,n]',
  output: (inputs) => {
    const [input] = inputs;
    if (inputs.length !== 1 || !isFloat32(input, 2)) return null;
    return { dtype: 'float32', shape: input.shape };
  },
  reference: softmaxReference,
  cases: softmaxCases,
  tolerance: softmaxTolerance,
  wasm: (wasm, { shapes: [shape = []], inputs: [from = 0], output }) => {
    const [rows = 0, columns = 0] = shape;
    wasm.softmax(from, output, rows, columns);
  },
  webgpu: ([shape = []]) => {
    const [rows = 0, columns = 0] = shape;
    return { shader: 'softmax', entryPoint: 'main', steps: rowSteps(rows, [columns]) };
  },
  rowInputs: [0],
  magnifiesErrors: false,
  operations: ([shape = []]) => 60 * elementCount(shape),
};

import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { rowSteps } from '../webgpu-steps.ts';
import { layerNormCases } from './layer-norm-cases.ts';
import { layerNormReference } from './layer-norm-reference.ts';
import { layerNormTolerance } from './layer-norm-tolerance.ts';

/**
 * Each row's distances from its mean, over their root mean square, times a gain and plus a bias:
 * (x - mean) / sqrt(variance + NORM_EPSILON) gain + bias. The variance is over n, not n - 1.
 *
 * A row with NaN or Infinity is NaN. A row of one number, or of equal ones, is the bias.
 *
 * Shapes: x f32 [m,n], gain f32 [n], bias f32 [n] -> f32 [m,n].
 * Source: Ba, Kiros and Hinton 2016.
 */
export const LAYER_NORM: OperatorDefinition = {
  needs: 'needs float32 [m,n], a gain [n] and a bias [n]',
  output: (inputs) => {
    const [x, gain, bias] = inputs;
    if (inputs.length !== 3 || !isFloat32(x, 2) || !isFloat32(gain, 1)) return null;
    const [, columns] = x.shape;
    if (!isFloat32(bias, 1) || gain.shape[0] !== columns || bias.shape[0] !== columns) return null;
    return { dtype: 'float32', shape: x.shape };
  },
  reference: layerNormReference,
  cases: layerNormCases,
  tolerance: layerNormTolerance,
  wasm: (wasm, { shapes: [shape = []], inputs: [x = 0, gain = 0, bias = 0], output }) => {
    const [rows = 0, columns = 0] = shape;
    wasm.layerNorm(x, gain, bias, output, rows, columns);
  },
  webgpu: ([shape = []]) => {
    const [rows = 0, columns = 0] = shape;
    return { shader: 'layerNorm', entryPoint: 'main', steps: rowSteps(rows, [columns]) };
  },
  rowInputs: [0],
  // It divides by how far a row's numbers are apart, which may be next to nothing.
  magnifiesErrors: true,
  operations: ([shape = []]) => 12 * elementCount(shape),
};

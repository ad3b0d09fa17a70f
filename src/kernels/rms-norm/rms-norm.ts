import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { rowSteps } from '../webgpu-steps.ts';
import { rmsNormCases } from './rms-norm-cases.ts';
import { rmsNormReference } from './rms-norm-reference.ts';
import { rmsNormTolerance } from './rms-norm-tolerance.ts';

/**
 * Each row over its root mean square, times a gain: x / sqrt(mean of x^2 + NORM_EPSILON) gain.
 *
 * A row with NaN or Infinity is NaN.
 *
 * Shapes: x f32 [m,n], gain f32 [n] -> f32 [m,n].
 * Source: Zhang and Sennrich 2019.
 */
export const RMS_NORM: OperatorDefinition = {
  needs: 'needs float32 [m,n] and a gain [n]',
  output: (inputs) => {
    const [x, gain] = inputs;
    if (inputs.length !== 2 || !isFloat32(x, 2) || !isFloat32(gain, 1)) return null;
    if (gain.shape[0] !== x.shape[1]) return null;
    return { dtype: 'float32', shape: x.shape };
  },
  reference: rmsNormReference,
  cases: rmsNormCases,
  tolerance: rmsNormTolerance,
  wasm: (wasm, { shapes: [shape = []], inputs: [x = 0, gain = 0], output }) => {
    const [rows = 0, columns = 0] = shape;
    wasm.rmsNorm(x, gain, output, rows, columns);
  },
  webgpu: ([shape = []]) => {
    const [rows = 0, columns = 0] = shape;
    return { shader: 'rmsNorm', entryPoint: 'main', steps: rowSteps(rows, [columns]) };
  },
  rowInputs: [0],
  // It divides by how large a row's numbers are, which may be next to nothing.
  magnifiesErrors: true,
  operations: ([shape = []]) => 8 * elementCount(shape),
};

import { GPU_SUBMISSION_PRODUCTS_MAX } from '../../domain/limits.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { isInt32Vector, wrongIndex } from '../row-indices.ts';
import { WORKGROUPS_MAX, type WebGpuStep } from '../webgpu-steps.ts';
import { attentionCases } from './attention-cases.ts';
import { attentionReference } from './attention-reference.ts';
import { attentionTolerance } from './attention-tolerance.ts';

/**
 * Causal attention of one head: each query's mean of the values of keys 0 to its position, weighted by
 * the softmax of q . k / sqrt(d).
 *
 * Both kernels stream: blocks of 256 keys, scaled anew where a block has a higher score, so that no
 * row of scores is ever held. Positions are an input, because a task has some rows alone: of a prompt
 * they are 0 to m - 1, and with the keys of earlier tokens before it they begin there.
 *
 * A query with a visible score of NaN or Infinity, or with -Infinity alone, is NaN, as in softmax. A
 * column with a visible value of NaN or infinity is NaN, whatever its weight. What is behind a query's
 * position has no say.
 *
 * Shapes: q f32 [m,d], k f32 [n,d], v f32 [n,e], positions i32 [m] in 0..n-1 -> f32 [m,e].
 * Errors: input_invalid for a position without a key.
 * Source: Vaswani et al. 2017; Milakov and Gimelshein 2018 (streaming).
 */
export const ATTENTION: OperatorDefinition = {
  needs: 'needs float32 q [m,d], k [n,d], v [n,e] and int32 positions [m]; d >= 1',
  output: (inputs) => {
    const [q, k, v, positions] = inputs;
    if (inputs.length !== 4 || !isFloat32(q, 2) || !isFloat32(k, 2) || !isFloat32(v, 2))
      return null;
    if (!isInt32Vector(positions)) return null;
    const [[rows = 0, depth = 0], [keys, keyDepth], [values, width = 0]] = [
      q.shape,
      k.shape,
      v.shape,
    ];
    const fits = depth > 0 && depth === keyDepth && keys === values && positions.shape[0] === rows;
    return fits ? { dtype: 'float32', shape: [rows, width] } : null;
  },
  invalid: ([, k, , positions]) => {
    return positions ? wrongIndex(positions, { what: 'the keys', count: k?.shape[0] ?? 0 }) : null;
  },
  reference: attentionReference,
  cases: attentionCases,
  tolerance: attentionTolerance,
  wasm: (wasm, { shapes, inputs: [q = 0, k = 0, v = 0, positions = 0], output }) => {
    const [[rows = 0, depth = 0] = [], , values = []] = shapes;
    const { 1: width = 0 } = values;
    wasm.attention(q, k, v, positions, output, rows, depth, width, scaleOf(depth));
  },
  webgpu: ([[rows = 0, depth = 0] = [], , [keys = 0, width = 0] = []]) => {
    const scaleBits = new Uint32Array(Float32Array.of(scaleOf(depth)).buffer)[0] ?? 0;
    const most = Math.floor(GPU_SUBMISSION_PRODUCTS_MAX / (keys * (depth + width)));
    const height = Math.min(Math.max(1, most), WORKGROUPS_MAX);
    const steps: WebGpuStep[] = [];
    for (let first = 0; first < rows; first += height) {
      const workgroups = [Math.min(height, rows - first), 1] as const;
      steps.push({ sizes: [first, depth, width, scaleBits], workgroups });
    }
    return { shader: 'attention', entryPoint: 'main', steps };
  },
  rowInputs: [0, 3],
  // Errors of large scores grow by their own size.
  magnifiesErrors: true,
  operations: ([[rows = 0, depth = 0] = [], , [keys = 0, width = 0] = []]) => {
    return rows * keys * (2 * depth + 2 * width + 60);
  },
};

/** 1 / sqrt(d), as f32. */
function scaleOf(depth: number): number {
  return Math.fround(1 / Math.sqrt(depth));
}

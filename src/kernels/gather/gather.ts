import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { EXACT } from '../rounding.ts';
import { isInt32Vector, wrongIndex } from '../row-indices.ts';
import { flatSteps } from '../webgpu-steps.ts';
import { gatherCases } from './gather-cases.ts';
import { gatherReference } from './gather-reference.ts';

/**
 * Rows of a table by their indices: an embedding. Bits are moved as they are.
 *
 * Shapes: table f32 [v,n], indices i32 [m] in 0..v-1 -> f32 [m,n].
 * Errors: input_invalid for an index that is no row of the table.
 */
export const GATHER: OperatorDefinition = {
  needs: 'needs a float32 table [v,n] and int32 indices [m]',
  output: (inputs) => {
    const [table, indices] = inputs;
    if (inputs.length !== 2 || !isFloat32(table, 2) || !isInt32Vector(indices)) return null;
    return { dtype: 'float32', shape: [...indices.shape, ...table.shape.slice(1)] };
  },
  invalid: ([table, indices]) => {
    return indices ? wrongIndex(indices, { what: 'the table', count: table?.shape[0] ?? 0 }) : null;
  },
  reference: gatherReference,
  cases: gatherCases,
  tolerance: (_, [error = 0]) => ({ ...EXACT, absolute: error }),
  wasm: (wasm, { shapes: [table = [], indices = []], inputs: [from = 0, by = 0], output }) => {
    wasm.gather(from, by, output, indices[0] ?? 0, table[1] ?? 0);
  },
  webgpu: ([table = [], indices = []]) => {
    const [, columns = 0] = table;
    const count = elementCount(indices) * columns;
    return {
      shader: 'gather',
      entryPoint: 'main',
      steps: flatSteps(count, { before: [count, columns] }),
    };
  },
  rowInputs: [1],
  magnifiesErrors: false,
  operations: ([table = [], indices = []]) => 4 * elementCount(indices) * (table[1] ?? 0),
};

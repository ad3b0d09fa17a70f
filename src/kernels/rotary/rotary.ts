import { elementCount } from '../../domain/tensor.ts';
import { isFloat32, type OperatorDefinition } from '../operator-definition.ts';
import { isInt32Vector, wrongIndex } from '../row-indices.ts';
import { flatSteps } from '../webgpu-steps.ts';
import { rotaryCases } from './rotary-cases.ts';
import { rotaryReference } from './rotary-reference.ts';
import { rotaryTolerance } from './rotary-tolerance.ts';

/**
 * Turns pairs of numbers of each head by the angles of a row's position: a rotary embedding.
 *
 * A head is `dim` neighbors of a row; number j of its first half is paired with number j of its second
 * half, as in Llama and GPT-NeoX: (a, b) becomes (a cos - b sin, b cos + a sin). A row of the table
 * holds the cosines of one position and then the sines, so that base and scaling are the model's: of
 * RoFormer, angle j of position p is p 10000^(-2 j / dim). NaN and infinities follow IEEE 754.
 *
 * Shapes: x f32 [m, heads * dim], positions i32 [m] in 0..p-1, table f32 [p, dim] -> as x; dim even.
 * Errors: input_invalid for a position that is no row of the table.
 * Source: Su et al. 2021.
 */
export const ROTARY: OperatorDefinition = {
  needs: 'needs float32 [m,heads*dim], int32 positions [m] and a float32 table [p,dim], dim even',
  output: (inputs) => {
    const [x, positions, table] = inputs;
    if (inputs.length !== 3 || !isFloat32(x, 2) || !isFloat32(table, 2)) return null;
    if (!isInt32Vector(positions) || positions.shape[0] !== x.shape[0]) return null;
    const [[, columns = 0], [, dim = 0]] = [x.shape, table.shape];
    const isWhole = dim > 0 && dim % 2 === 0 && columns % dim === 0;
    return isWhole ? { dtype: 'float32', shape: x.shape } : null;
  },
  invalid: ([, positions, table]) => {
    const of = { what: 'the table', count: table?.shape[0] ?? 0 };
    return positions ? wrongIndex(positions, of) : null;
  },
  reference: rotaryReference,
  cases: rotaryCases,
  tolerance: rotaryTolerance,
  wasm: (wasm, { shapes, inputs: [x = 0, positions = 0, table = 0], output }) => {
    const [[rows = 0, columns = 0] = [], , [, dim = 0] = []] = shapes;
    wasm.rotary(x, positions, table, output, rows, columns, dim);
  },
  webgpu: ([shape = [], , table = []]) => {
    const count = elementCount(shape);
    const [, dim = 0] = table;
    const steps = flatSteps(count, { before: [count, shape[1] ?? 0, dim] });
    return { shader: 'rotary', entryPoint: 'main', steps };
  },
  rowInputs: [0, 1],
  magnifiesErrors: false,
  operations: ([shape = []]) => 6 * elementCount(shape),
};

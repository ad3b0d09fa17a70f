import { failure } from '../../domain/failure.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementBytes, tensorBytes, type RowRange, type Tensor } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { isDefined, type OperatorCall } from '../../kernels/index.ts';
import { tensorRows } from '../row-slice.ts';
import { operandUse, type OperandUse } from './operand-use.ts';

/** A task's inputs as they were read: row-cut ones begin at row `first` of the stage. */
export type GraphInputs = {
  readonly work: StageWork;
  readonly first: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
};

/**
 * Computes some rows of every tensor of a stage, node by node; `compute` runs one operator.
 *
 * The stage comes from outside (an agent got it): a graph that asks for more than its inputs and
 * earlier nodes give is a failure.
 * Errors: input_invalid, shape_mismatch, and those of `compute`.
 */
export async function computeRows(of: {
  readonly inputs: GraphInputs;
  readonly nodes: readonly OperatorNode[];
  readonly rows: RowRange;
  readonly compute: (call: OperatorCall, node: OperatorNode) => Promise<Outcome<Tensor>>;
}): Promise<Outcome<ReadonlyMap<string, Tensor>>> {
  const made = new Map<string, Tensor>();
  for (const node of of.nodes) {
    const call = callOf(node, { ...of, made });
    if (!call.ok) return call;
    const result = await of.compute(call.value, node);
    if (!result.ok) return result;
    made.set(node.output, result.value);
  }
  return succeed(made);
}

/**
 * A node's call for some rows, its operands taken from a stage's inputs and what earlier nodes made.
 *
 * Errors: input_invalid, shape_mismatch.
 */
export function callOf(
  node: OperatorNode,
  of: { inputs: GraphInputs; rows: RowRange; made: ReadonlyMap<string, Tensor> },
): Outcome<OperatorCall> {
  const operands: Tensor[] = [];
  for (const position of node.inputs.keys()) {
    const operand = operandOf(node, { ...of, position });
    if (!operand.ok) return operand;
    operands.push(operand.value);
  }
  const { operator, axis } = node;
  const call = { operator, inputs: operands };
  return succeed(axis === undefined ? call : { ...call, axis });
}

function operandOf(
  node: OperatorNode,
  of: { inputs: GraphInputs; rows: RowRange; position: number; made: ReadonlyMap<string, Tensor> },
): Outcome<Tensor> {
  const { inputs, rows } = of;
  const name = node.inputs[of.position] ?? '';
  const made = of.made.get(name);
  if (made) return succeed(made);
  const tensor = inputs.tensors.get(name);
  const input = inputs.work.inputs.find((candidate) => candidate.name === name);
  if (!tensor || !input || tensor.bytes.byteLength !== tensorBytes(tensor)) {
    return invalid(`tensor "${name}" is not there, or has too few bytes`);
  }
  if (input.cut === 'rows') {
    const { first } = inputs;
    return rowsWithin(tensor, { start: rows.start - first, end: rows.end - first });
  }
  switch (wholeUse(node, { ...of, tensor })) {
    case 'rows':
      return rowsWithin(tensor, rows);
    case 'columns':
      return columnsWithin(tensor, rows);
    case 'whole':
      return succeed(tensor);
  }
}

/** How a node uses an operand that is here as a whole, while its first may be here as a tile. */
function wholeUse(
  node: OperatorNode,
  of: { position: number; tensor: Tensor; made: ReadonlyMap<string, Tensor>; inputs: GraphInputs },
): OperandUse {
  const { tensor, position } = of;
  const use = operandUse(node, { position, shapes: [tensor.shape, tensor.shape] });
  if (position === 0 || use === 'whole' || isDefined(node.operator)) return use;
  const leftName = node.inputs[0] ?? '';
  const left = of.made.get(leftName) ?? of.inputs.tensors.get(leftName);
  // Of one shape with the uncut first operand, or repeated; a single row is the same either way.
  const sameShape = left?.shape.length === tensor.shape.length && tensor.shape[0] !== 1;
  return sameShape ? 'rows' : 'whole';
}

function rowsWithin(tensor: Tensor, rows: RowRange): Outcome<Tensor> {
  const [rowCount] = tensor.shape;
  if (rowCount === undefined || rows.start < 0 || rows.end > rowCount) {
    return invalid(`rows ${rows.start} to ${rows.end} are not within ${rowCount ?? 'a scalar'}`);
  }
  return succeed(tensorRows(tensor, rows));
}

function columnsWithin(tensor: Tensor, columns: RowRange): Outcome<Tensor> {
  const [rowCount, columnCount] = tensor.shape;
  if (rowCount === undefined || columnCount === undefined || tensor.shape.length !== 2) {
    return fail(failure('shape_mismatch', 'transpose takes a tensor of two dimensions'));
  }
  if (columns.start < 0 || columns.end > columnCount) {
    return invalid(`columns ${columns.start} to ${columns.end} are not within ${columnCount}`);
  }
  const size = elementBytes(tensor.dtype);
  const width = (columns.end - columns.start) * size;
  const bytes = new Uint8Array(rowCount * width);
  for (let row = 0; row < rowCount; row++) {
    const from = (row * columnCount + columns.start) * size;
    bytes.set(tensor.bytes.subarray(from, from + width), row * width);
  }
  const shape = [rowCount, columns.end - columns.start];
  return succeed({ dtype: tensor.dtype, shape, bytes });
}

function invalid(text: string): Outcome<never> {
  return fail(failure('input_invalid', `the graph does not fit its inputs: ${text}`));
}

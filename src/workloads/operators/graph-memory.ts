import { failure } from '../../domain/failure.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementBytes, elementCount, rowBytes, tensorBytes } from '../../domain/tensor.ts';
import type { Program } from '../../domain/work.ts';
import { isProduct } from '../../kernels/index.ts';
import type { TensorType } from '../job-plan.ts';
import type { StageMemory, StageTypes } from '../stage-memory.ts';
import { PASS_ROWS_MAX } from './execute-graph.ts';
import { operandUse } from './operand-use.ts';
import { typeTensors } from './typed-graph.ts';

/** The kernels' own memory, with the program around them. Bytes. */
const RUNTIME_BYTES = 16 * 1024 * 1024;

/**
 * What a task of a graph holds at most: its inputs and outputs; of the rows of one pass, what every
 * node makes; and the kernels' copies for the largest call.
 *
 * An orchestrator may say anything: a graph whose nodes need more of a cut tensor than the rows of
 * the task, as no plan has them, is refused here, because nothing would bound what it makes.
 * Errors: input_invalid, shape_mismatch, limit_exceeded.
 */
export function graphMemory(
  stage: StageTypes & { readonly program: Extract<Program, { kind: 'graph' }> },
): Outcome<StageMemory> {
  const { inputs, outputs } = stage;
  const { nodes } = stage.program;
  const typed = typeTensors({ inputs, nodes });
  if (!typed.ok) return typed;
  const types = typed.value;
  const whole = new Set<string>();
  let wholeBytes = 0;
  let heldBytes = 0;
  for (const { name, cut, tensor } of inputs) {
    if (cut === 'rows') {
      heldBytes += rowBytes(tensor);
    } else {
      wholeBytes += tensorBytes(tensor);
      whole.add(name);
    }
  }
  for (const { dtype, rowShape } of outputs) {
    heldBytes += elementBytes(dtype) * elementCount(rowShape);
  }
  let madeBytes = 0;
  const largest = { wholeBytes: 0, rowBytes: 0 };
  for (const node of nodes) {
    madeBytes += rowBytes(typeOf(types, node.output));
    const call = callMemory(node, { types, whole });
    if (!call.ok) return call;
    largest.wholeBytes = Math.max(largest.wholeBytes, call.value.wholeBytes);
    largest.rowBytes = Math.max(largest.rowBytes, call.value.rowBytes);
  }
  return succeed({
    fixedBytes: RUNTIME_BYTES + wholeBytes + largest.wholeBytes,
    rowBytes: heldBytes,
    passBytes: madeBytes + largest.rowBytes,
    passRowsMax: PASS_ROWS_MAX,
  });
}

/** The copies that kernels make for one call: of operands, of results, and of sums before those. */
function callMemory(
  node: OperatorNode,
  of: { readonly types: ReadonlyMap<string, TensorType>; readonly whole: ReadonlySet<string> },
): Outcome<{ readonly wholeBytes: number; readonly rowBytes: number }> {
  const made = rowBytes(typeOf(of.types, node.output));
  const operands = node.inputs.map((name) => typeOf(of.types, name));
  const shapes = operands.map(({ shape }) => shape);
  let wholeBytes = 0;
  let perRow = isProduct(node.operator) ? 2 * made : made;
  for (const [position, name] of node.inputs.entries()) {
    const operand = typeOf(of.types, name);
    const use = operandUse(node, { position, shapes });
    if (use !== 'rows' && !of.whole.has(name)) {
      const text = `${node.operator} needs more of "${name}" than the rows of a task`;
      return fail(failure('input_invalid', `${text}: the stage cannot be cut by rows`));
    }
    if (use === 'rows') perRow += rowBytes(operand);
    else if (use === 'whole') wholeBytes += tensorBytes(operand);
    // Columns are put together first, and are as large as what is made of them.
    else perRow += 2 * made;
  }
  return succeed({ wholeBytes, rowBytes: perRow });
}

function typeOf(types: ReadonlyMap<string, TensorType>, name: string): TensorType {
  const type = types.get(name);
  if (type === undefined) throw new Error(`broken invariant: "${name}" was typed`);
  return type;
}

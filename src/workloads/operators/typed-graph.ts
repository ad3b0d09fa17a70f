import { failure } from '../../domain/failure.ts';
import type { OperatorsSpec } from '../../domain/job.ts';
import { GRAPH_NODES_MAX, STAGE_TENSORS_MAX, TENSOR_ELEMENTS_MAX } from '../../domain/limits.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementCount } from '../../domain/tensor.ts';
import { operatorOutput } from '../../kernels/index.ts';
import type { TensorType } from '../job-plan.ts';

/** A graph whose every tensor has a type, and whose every node is needed for some output. */
export type TypedGraph = {
  readonly nodes: readonly OperatorNode[];
  readonly types: ReadonlyMap<string, TensorType>;
  readonly outputs: readonly string[];
};

/**
 * Checks a graph from its first node to its last, and leaves out the nodes that no output needs.
 *
 * Errors: input_invalid (names, no rows), shape_mismatch (an operator that cannot take its
 * inputs), limit_exceeded; messages name the node.
 */
export function typeGraph(spec: OperatorsSpec): Outcome<TypedGraph> {
  const sizes = checkSizes(spec);
  if (!sizes.ok) return sizes;
  const types = typeTensors(spec);
  if (!types.ok) return types;
  const made = new Set(spec.nodes.map(({ output }) => output));
  for (const [index, name] of spec.outputs.entries()) {
    if (!made.has(name))
      return invalid(`output "${name}" is made by no node: name a node's output`);
    if (spec.outputs.indexOf(name) !== index) return invalid(`output "${name}" is named twice`);
  }
  return succeed({ nodes: neededNodes(spec), types: types.value, outputs: spec.outputs });
}

/**
 * The type of every tensor that nodes read or make, from those of the inputs.
 *
 * Errors: as of `typeGraph`.
 */
export function typeTensors(of: {
  readonly inputs: readonly { readonly name: string; readonly tensor: TensorType }[];
  readonly nodes: readonly OperatorNode[];
}): Outcome<ReadonlyMap<string, TensorType>> {
  const types = new Map<string, TensorType>();
  for (const { name, tensor } of of.inputs) {
    if (types.has(name)) return invalid(`input "${name}" is given twice: rename one`);
    types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
  }
  for (const [index, node] of of.nodes.entries()) {
    const typed = typeNode(node, types);
    if (!typed.ok) return at({ index, node }, typed);
    types.set(node.output, typed.value);
  }
  return succeed(types);
}

function checkSizes({ inputs, nodes, outputs }: OperatorsSpec): Outcome<void> {
  const counts = [
    { what: 'inputs', count: inputs.length, most: STAGE_TENSORS_MAX },
    { what: 'nodes', count: nodes.length, most: GRAPH_NODES_MAX },
    { what: 'outputs', count: outputs.length, most: STAGE_TENSORS_MAX },
  ];
  for (const { what, count, most } of counts) {
    if (count === 0) return invalid(`the graph has no ${what}: give at least one`);
    if (count <= most) continue;
    const text = `the graph has ${count} ${what}, at most ${most} are allowed: split it`;
    return fail(failure('limit_exceeded', text));
  }
  return succeed(undefined);
}

function typeNode(node: OperatorNode, types: ReadonlyMap<string, TensorType>): Outcome<TensorType> {
  if (types.has(node.output)) return invalid('its output has the name of an earlier tensor');
  const inputs: TensorType[] = [];
  for (const name of node.inputs) {
    const type = types.get(name);
    if (!type) return invalid(`"${name}" is no input and no earlier node's output`);
    inputs.push(type);
  }
  const { operator, axis } = node;
  const output = operatorOutput(
    axis === undefined ? { operator, inputs } : { operator, inputs, axis },
  );
  if (!output.ok) return output;
  const { shape } = output.value;
  if (shape.length === 0) return invalid('a scalar has no rows to cut: give its input as [1]');
  if (elementCount(shape) === 0) {
    return invalid(`its output [${shape.join(',')}] is empty: give at least one row and column`);
  }
  if (elementCount(shape) > TENSOR_ELEMENTS_MAX) {
    const text = `its output [${shape.join(',')}] has more than ${TENSOR_ELEMENTS_MAX} elements`;
    return fail(failure('limit_exceeded', `${text}: make it smaller`));
  }
  return output;
}

function neededNodes({ nodes, outputs }: OperatorsSpec): OperatorNode[] {
  const needed = new Set(outputs);
  const kept: OperatorNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!needed.has(node.output)) continue;
    kept.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return kept.toReversed();
}

function at(
  { index, node }: { index: number; node: OperatorNode },
  { failure: cause }: { failure: { code: Parameters<typeof failure>[0]; message: string } },
): Outcome<never> {
  const call = `${node.output} = ${node.operator}(${node.inputs.join(', ')})`;
  return fail(failure(cause.code, `node ${index + 1}, ${call}: ${cause.message}`));
}

function invalid(text: string): Outcome<never> {
  return fail(failure('input_invalid', text));
}

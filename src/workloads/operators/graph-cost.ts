import { assertNever } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { elementBytes, elementCount, type Shape } from '../../domain/tensor.ts';
import { definitionOf, isDefined } from '../../kernels/index.ts';
import type { TypedGraph } from './typed-graph.ts';
import type { GraphStage } from './partition.ts';

/** What a modest tab computes on one core: sums and products of f32. Operations a millisecond. */
const OPERATIONS_PER_MS = 4e6;

/** Time that one row of a stage takes on a modest device: an estimate to cut tasks by. */
export function msPerRow(stage: GraphStage, graph: TypedGraph): number {
  let operations = 0;
  for (const node of stage.nodes) operations += nodeOperations(node, graph.types);
  return operations / stage.rowCount / OPERATIONS_PER_MS;
}

/** Bytes of one row of a tensor. */
export function rowBytesOf(graph: TypedGraph, name: string): number {
  return bytesOf(graph, name) / (shapeIn(graph.types, name)[0] ?? 1);
}

/** Sums and products that a node takes: two for a multiply-add. */
export function nodeOperations(node: OperatorNode, types: TypedGraph['types']): number {
  if (isDefined(node.operator)) {
    const shapes = node.inputs.map((name) => shapeIn(types, name));
    return definitionOf(node.operator).operations(shapes);
  }
  const [left = [], right = []] = node.inputs.map((name) => shapeIn(types, name));
  const elements = elementCount(left);
  switch (node.operator) {
    case 'matmul':
    case 'qmatmul':
      return 2 * elements * (right[1] ?? 1);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'max':
    case 'min':
    case 'relu':
    case 'reduce-sum':
    case 'reduce-mean':
    case 'reduce-max':
    case 'transpose':
      // Bound by memory: as long as some products an element.
      return 4 * elements;
    case 'tanh':
    case 'sigmoid':
    case 'exp':
    case 'log':
    case 'gelu':
    case 'silu':
      return 40 * elements;
    default:
      return assertNever(node.operator);
  }
}

function bytesOf(graph: TypedGraph, name: string): number {
  const type = graph.types.get(name);
  return type ? elementBytes(type.dtype) * elementCount(type.shape) : 0;
}

function shapeIn(types: TypedGraph['types'], name: string): Shape {
  return types.get(name)?.shape ?? [];
}

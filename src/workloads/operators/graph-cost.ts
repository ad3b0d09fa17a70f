import { assertNever } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { elementBytes, elementCount, type Shape } from '../../domain/tensor.ts';
import { definitionOf, isDefined } from '../../kernels/index.ts';
import type { TypedGraph } from './typed-graph.ts';
import type { GraphStage } from './partition.ts';

/** What a modest tab computes on one core: sums and products of f32. Operations a millisecond. */
const OPERATIONS_PER_MS = 4e6;
/** The kernels' own memory, with the program around them. Bytes, an estimate. */
const RUNTIME_BYTES = 16 * 1024 * 1024;

/** Time that one row of a stage takes on a modest device: an estimate to cut tasks by. */
export function msPerRow(stage: GraphStage, graph: TypedGraph): number {
  let operations = 0;
  for (const node of stage.nodes) operations += nodeOperations(node, graph);
  return operations / stage.rowCount / OPERATIONS_PER_MS;
}

/** Memory that a task of so many rows takes: inputs, what is computed, and the kernels' copies. */
export function taskMemory(
  stage: GraphStage,
  { graph, rows }: { graph: TypedGraph; rows: number },
): { readonly memoryBytes: number; readonly rowBytes: number } {
  let wholeBytes = 0;
  let rowBytes = 0;
  for (const { name, cut } of stage.inputs) {
    if (cut === 'whole') wholeBytes += bytesOf(graph, name);
    else rowBytes += bytesOf(graph, name) / stage.rowCount;
  }
  for (const { output } of stage.nodes) rowBytes += bytesOf(graph, output) / stage.rowCount;
  const memoryBytes = RUNTIME_BYTES + 2 * Math.ceil(wholeBytes + rows * rowBytes);
  return { memoryBytes, rowBytes: 2 * Math.ceil(rowBytes) };
}

/** Bytes of one row of a tensor. */
export function rowBytesOf(graph: TypedGraph, name: string): number {
  return bytesOf(graph, name) / (shapeOf(graph, name)[0] ?? 1);
}

function nodeOperations(node: OperatorNode, graph: TypedGraph): number {
  if (isDefined(node.operator)) {
    const shapes = node.inputs.map((name) => shapeOf(graph, name));
    return definitionOf(node.operator).operations(shapes);
  }
  const [left = [], right = []] = node.inputs.map((name) => shapeOf(graph, name));
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

function shapeOf(graph: TypedGraph, name: string): Shape {
  return graph.types.get(name)?.shape ?? [];
}

import { assert } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';
import type { StageInput, StageOutput } from '../../domain/work.ts';
import { magnifiesErrors, operandUse } from './operand-use.ts';
import type { TypedGraph } from './typed-graph.ts';

/** Nodes that are computed together, row by row. */
export type GraphStage = {
  readonly nodes: readonly OperatorNode[];
  readonly rowCount: number;
  readonly inputs: readonly { readonly name: string; readonly cut: StageInput['cut'] }[];
  /** What later stages or the producer need of it. */
  readonly outputs: readonly StageOutput[];
};

/**
 * Cuts a graph into stages, each of which can be computed for any of its rows alone.
 *
 * A node that needs all of a tensor, or its columns, waits for the stage that makes the tensor:
 * its level is one higher. So does one that would magnify the tensor's rounding errors: it gets
 * what was checked and assembled, the same bits for all.
 *
 * Nodes of one level and one number of rows make a stage, so chains of row-local operators are
 * fused. An operand is of the same level and rows, or of a lower level: stages in the order of
 * levels never wait for a later one.
 */
export function partition(graph: TypedGraph): readonly GraphStage[] {
  const levels = new Map<string, number>();
  const groups = new Map<string, { level: number; nodes: OperatorNode[] }>();
  for (const node of graph.nodes) {
    const level = levelOf(node, { graph, levels });
    levels.set(node.output, level);
    const key = `${level}/${rowsOf(graph, node.output)}`;
    const group = groups.get(key);
    if (group) group.nodes.push(node);
    else groups.set(key, { level, nodes: [node] });
  }
  const ordered = [...groups.values()].toSorted((a, b) => a.level - b.level);
  return ordered.map(({ nodes }) => stageOf(nodes, graph));
}

function levelOf(
  node: OperatorNode,
  { graph, levels }: { graph: TypedGraph; levels: ReadonlyMap<string, number> },
): number {
  const shapes = shapesOf(graph, node);
  let level = 0;
  for (const [position, name] of node.inputs.entries()) {
    const made = levels.get(name);
    if (made === undefined) continue;
    const local = operandUse(node, { position, shapes }) === 'rows' && !magnifiesErrors(node);
    level = Math.max(level, local ? made : made + 1);
  }
  return level;
}

function stageOf(nodes: readonly OperatorNode[], graph: TypedGraph): GraphStage {
  const made = new Set(nodes.map(({ output }) => output));
  const cuts = new Map<string, StageInput['cut']>();
  for (const node of nodes) {
    const shapes = shapesOf(graph, node);
    for (const [position, name] of node.inputs.entries()) {
      if (made.has(name)) continue;
      const use = operandUse(node, { position, shapes });
      // One that is needed whole by some node and by rows by another goes whole.
      if (use !== 'rows') cuts.set(name, 'whole');
      else if (!cuts.has(name)) cuts.set(name, 'rows');
    }
  }
  const elsewhere = new Set(graph.outputs);
  for (const node of graph.nodes) {
    if (made.has(node.output)) continue;
    for (const name of node.inputs) elsewhere.add(name);
  }
  const outputs = nodes.flatMap(({ output }): StageOutput[] => {
    if (!elsewhere.has(output)) return [];
    const { dtype, shape } = typeOf(graph, output);
    return [{ name: output, dtype, rowShape: shape.slice(1) }];
  });
  const [first] = nodes;
  assert(first !== undefined && outputs.length > 0, 'a stage has nodes, and some of use');
  const inputs = [...cuts].map(([name, cut]) => ({ name, cut }));
  return { nodes, rowCount: rowsOf(graph, first.output), inputs, outputs };
}

function shapesOf(graph: TypedGraph, node: OperatorNode): readonly Shape[] {
  return node.inputs.map((name) => typeOf(graph, name).shape);
}

function rowsOf(graph: TypedGraph, name: string): number {
  return typeOf(graph, name).shape[0] ?? 1;
}

function typeOf(graph: TypedGraph, name: string) {
  const type = graph.types.get(name);
  assert(type !== undefined, `tensor "${name}" was typed`);
  return type;
}

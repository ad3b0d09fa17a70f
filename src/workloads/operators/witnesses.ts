import type { CheckingPolicy } from '../../domain/checking.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { StageOutput } from '../../domain/work.ts';
import type { GraphStage } from './partition.ts';
import { PROJECTED_INNER_MIN } from './product-probes.ts';
import type { TypedGraph } from './typed-graph.ts';

/** Shortest inner dimension of a product that is reported only to be checked. */
const WITNESS_INNER_MIN = PROJECTED_INNER_MIN;

/**
 * The stage with its witnesses: products that nobody wants, but that are cheaper to check reported
 * than to compute again.
 *
 * Only where all rows of results are checked: where few are, these are recomputed.
 */
export function withWitnesses(
  stage: GraphStage,
  of: { readonly graph: TypedGraph; readonly checking: CheckingPolicy },
): GraphStage {
  if (!checksAllRows(of.checking)) return stage;
  const outputs = stage.nodes.flatMap((node): StageOutput[] => {
    const wanted = stage.outputs.find(({ name }) => name === node.output);
    if (wanted !== undefined) return [wanted];
    const type = of.graph.types.get(node.output);
    if (type === undefined || !isLongProduct(node, of.graph)) return [];
    return [{ name: node.output, dtype: type.dtype, rowShape: type.shape.slice(1) }];
  });
  return outputs.length === stage.outputs.length ? stage : { ...stage, outputs };
}

function checksAllRows(checking: CheckingPolicy): boolean {
  return checking.kind === 'adaptive' || (checking.kind === 'recompute' && checking.share === 1);
}

function isLongProduct({ operator, inputs }: OperatorNode, graph: TypedGraph): boolean {
  if (operator !== 'matmul' && operator !== 'qmatmul') return false;
  const inner = graph.types.get(inputs[1] ?? '')?.shape[0] ?? 0;
  return inner >= WITNESS_INNER_MIN;
}

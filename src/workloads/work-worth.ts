import { assert } from '../domain/assert.ts';
import type { StageWork } from '../domain/work.ts';
import { nodeOperations } from './operators/graph-cost.ts';
import { typeTensors } from './operators/typed-graph.ts';

/** What work is counted by, for the price list of credits. */
export type WorkWorth = {
  /** An operator, of several the one that takes most; or a workload. */
  readonly work: string;
  /** Content id of the model; empty where there is none. */
  readonly model: string;
  readonly unitsPerRow: number;
};

/** Operations of the cost model, two for a multiply-add, that are a unit of an operator's work. */
const OPERATIONS_PER_UNIT = 2e6;

/**
 * What a row of a stage is worth, before its price.
 *
 * Units: of an operator a million multiply-adds, or element operations that take as long; of a
 * model a row, of an audit an entry. They follow from shapes alone, never from what an agent says.
 */
export function workWorthOf({ program, inputs }: StageWork): WorkWorth {
  if (program.kind === 'model') {
    return { work: 'inference', model: program.model.blob, unitsPerRow: 1 };
  }
  if (program.kind === 'audit') return { work: 'audit', model: '', unitsPerRow: 1 };
  const types = typeTensors({ inputs, nodes: program.nodes });
  assert(types.ok, 'the graph of a planned stage has its types');
  let [operations, most, work, rowCount] = [0, -1, '', 1];
  for (const node of program.nodes) {
    const own = nodeOperations(node, types.value);
    operations += own;
    if (own > most) [most, work] = [own, node.operator];
    rowCount = types.value.get(node.output)?.shape[0] ?? 1;
  }
  return { work, model: '', unitsPerRow: operations / rowCount / OPERATIONS_PER_UNIT };
}

/** Units of some rows: a whole number, at least 1. */
export function unitsOf({ unitsPerRow }: WorkWorth, rowCount: number): number {
  return Math.max(1, Math.round(unitsPerRow * rowCount));
}

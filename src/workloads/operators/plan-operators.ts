import { assert } from '../../domain/assert.ts';
import type { CheckingPolicy } from '../../domain/checking.ts';
import { failure } from '../../domain/failure.ts';
import type { OperatorsSpec } from '../../domain/job.ts';
import { STAGE_TENSORS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { JobPlan, StageOutline, TensorType } from '../job-plan.ts';
import { cutRows } from '../row-cut.ts';
import { memoryRequirement } from '../stage-memory.ts';
import { msPerRow, rowBytesOf } from './graph-cost.ts';
import { graphMemory } from './graph-memory.ts';
import { partition, type GraphStage } from './partition.ts';
import { typeGraph, type TypedGraph } from './typed-graph.ts';
import { withWitnesses } from './witnesses.ts';

/**
 * Plans a graph of operators: checks it, cuts it into stages and each into tasks.
 *
 * Errors: input_invalid, shape_mismatch, limit_exceeded.
 */
export function planOperators(of: {
  readonly spec: OperatorsSpec;
  readonly rowsPerTask: number | null;
  readonly checking: CheckingPolicy;
}): Outcome<JobPlan> {
  const graph = typeGraph(of.spec);
  if (!graph.ok) return graph;
  const stages: StageOutline[] = [];
  for (const stage of partition(graph.value)) {
    const by = { graph: graph.value, ...of };
    const witnessed = withWitnesses(stage, by);
    let outline = outlineOf(witnessed, by);
    // Witnesses are not worth a job: where they make its rows too large, they are recomputed.
    if (!outline.ok && witnessed !== stage) outline = outlineOf(stage, by);
    if (!outline.ok) return outline;
    stages.push(outline.value);
  }
  const { inputs, outputs } = of.spec;
  return succeed({ stageCount: stages.length, stages, inputs, outputs });
}

function outlineOf(
  stage: GraphStage,
  of: { graph: TypedGraph; rowsPerTask: number | null },
): Outcome<StageOutline> {
  const { nodes, rowCount, inputs, outputs } = stage;
  const tensors = Math.max(inputs.length, outputs.length);
  if (tensors > STAGE_TENSORS_MAX) {
    const text = `a stage of the graph reads or makes ${tensors} tensors`;
    const remedy = `at most ${STAGE_TENSORS_MAX} are allowed: submit it as several jobs`;
    return fail(failure('limit_exceeded', `${text}, ${remedy}`));
  }
  let inputBytesPerRow = 0;
  for (const { name, cut } of inputs) {
    inputBytesPerRow += cut === 'rows' ? rowBytesOf(of.graph, name) : 0;
  }
  let outputBytesPerRow = 0;
  for (const { name } of outputs) outputBytesPerRow += rowBytesOf(of.graph, name);
  // A row of nothing takes some time too.
  const rowMs = Math.max(msPerRow(stage, of.graph), 1e-6);
  const cut = cutRows({
    rowCount,
    rowsPerTask: of.rowsPerTask,
    msPerRow: rowMs,
    inputBytesPerRow,
    outputBytesPerRow,
    batch: 1,
  });
  if (!cut.ok) return cut;
  const primitives = [...new Set(nodes.map(({ operator }) => operator))];
  const rows = cut.value.kind === 'fixed' ? cut.value.rowsPerTask : cut.value.grainRows;
  const program = { kind: 'graph', nodes } as const;
  const typed = inputs.map((input) => ({ ...input, tensor: typeIn(of.graph, input.name) }));
  const memory = graphMemory({ program, inputs: typed, outputs });
  if (!memory.ok) return memory;
  return succeed({
    program,
    inputs,
    outputs,
    requirement: { primitives, ...memoryRequirement(memory.value, rows) },
    rowCount,
    cut: cut.value,
    msPerRow: rowMs,
  });
}

function typeIn(graph: TypedGraph, name: string): TensorType {
  const type = graph.types.get(name);
  assert(type !== undefined, `tensor "${name}" was typed`);
  return type;
}

import { failure } from '../../domain/failure.ts';
import type { OperatorsSpec } from '../../domain/job.ts';
import { STAGE_TENSORS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { JobPlan, StageOutline } from '../job-plan.ts';
import { fitRowsPerTask } from '../task-size.ts';
import { msPerRow, rowBytesOf, taskMemoryBytes } from './graph-cost.ts';
import { partition, type GraphStage } from './partition.ts';
import { typeGraph, type TypedGraph } from './typed-graph.ts';

/**
 * Plans a graph of operators: checks it, cuts it into stages and each into tasks.
 *
 * Errors: input_invalid, shape_mismatch, limit_exceeded.
 */
export function planOperators(of: {
  readonly spec: OperatorsSpec;
  readonly rowsPerTask: number | null;
}): Outcome<JobPlan> {
  const graph = typeGraph(of.spec);
  if (!graph.ok) return graph;
  const stages: StageOutline[] = [];
  for (const stage of partition(graph.value)) {
    const outline = outlineOf(stage, { graph: graph.value, rowsPerTask: of.rowsPerTask });
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
  const rowsPerTask = fitRowsPerTask({
    rowCount,
    rowsPerTask: of.rowsPerTask,
    msPerRow: msPerRow(stage, of.graph),
    inputBytesPerRow,
    outputBytesPerRow,
    batch: 1,
  });
  if (!rowsPerTask.ok) return rowsPerTask;
  const primitives = [...new Set(nodes.map(({ operator }) => operator))];
  const memoryBytes = taskMemoryBytes(stage, { graph: of.graph, rowsPerTask: rowsPerTask.value });
  return succeed({
    program: { kind: 'graph', nodes },
    inputs,
    outputs,
    requirement: { primitives, memoryBytes },
    rowCount,
    rowsPerTask: rowsPerTask.value,
  });
}

import { assert, assertNever } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { JobSpec } from '../domain/job.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type TensorRef } from '../domain/tensor.ts';
import type { BlobRef, NamedTensor, Requirement, RowCut, StageWork } from '../domain/work.ts';
import { planAudit } from './audit/plan-audit.ts';
import type { ModelFacts } from './inference/model-facts.ts';
import { planInference } from './inference/plan-inference.ts';
import type { JobPlan } from './job-plan.ts';
import { planOperators } from './operators/plan-operators.ts';

export type { JobPlan } from './job-plan.ts';

/** A stage whose inputs are all here: ready to be cut into tasks. */
export type PlannedStage = {
  readonly work: StageWork;
  readonly requirement: Requirement;
  readonly rowCount: number;
  readonly cut: RowCut;
  /** Estimate for one row on one lane of a modest device. */
  readonly msPerRow: number;
  /** What every task needs besides its own rows. */
  readonly contents: readonly BlobRef[];
};

/**
 * Plans a job: checks it as far as that can be done without computing, and cuts it into stages.
 *
 * `facts` are those of an inference job's model, from `probeModel`; null for other work.
 * Errors: input_invalid, shape_mismatch, limit_exceeded; messages name the tensor or node.
 */
export function planJob(spec: JobSpec, facts: ModelFacts | null): Outcome<JobPlan> {
  const { workload, rowsPerTask, checking } = spec;
  if (rowsPerTask !== null && !(Number.isSafeInteger(rowsPerTask) && rowsPerTask >= 1)) {
    return fail(failure('input_invalid', `rows per task must be 1 or more, not ${rowsPerTask}`));
  }
  switch (workload.kind) {
    case 'inference':
      assert(facts !== null, 'an inference job is planned with its model probed');
      return planInference({ spec: workload, facts, rowsPerTask });
    case 'audit':
      return planAudit({ spec: workload, rowsPerTask });
    case 'operators':
      return planOperators({ spec: workload, rowsPerTask, checking });
    default:
      return assertNever(workload);
  }
}

/**
 * A stage with its inputs: the producer's, and `tensors`, what the stages before it put out.
 *
 * Errors: input_invalid (no such stage, or a tensor that is not there yet).
 */
export function planStage(
  plan: JobPlan,
  at: { readonly stage: number; readonly tensors: ReadonlyMap<string, TensorRef> },
): Outcome<PlannedStage> {
  const outline = plan.stages[at.stage];
  if (!outline) {
    return fail(failure('input_invalid', `the job has ${plan.stageCount} stages, not ${at.stage}`));
  }
  const given = new Map(plan.inputs.map(({ name, tensor }) => [name, tensor]));
  const inputs = [];
  for (const { name, cut } of outline.inputs) {
    const tensor = given.get(name) ?? at.tensors.get(name);
    if (!tensor) return fail(failure('input_invalid', `stage ${at.stage} lacks tensor "${name}"`));
    inputs.push({ name, tensor, cut });
  }
  const { program, outputs, requirement, rowCount, cut, msPerRow } = outline;
  const work: StageWork = { program, inputs, outputs };
  return succeed({ work, requirement, rowCount, cut, msPerRow, contents: contentsOf(work) });
}

/** The model, and inputs that every task gets whole; small ones travel with the tasks. */
function contentsOf({ program, inputs }: StageWork): readonly BlobRef[] {
  const contents = program.kind === 'model' ? [program.model] : [];
  for (const { tensor, cut } of inputs) {
    if (cut !== 'whole' || tensor.source.kind !== 'blob') continue;
    contents.push({ blob: tensor.source.blob, byteLength: tensorBytes(tensor) });
  }
  return contents;
}

/**
 * What the producer gets, in the order asked for, once all stages are assembled.
 *
 * Errors: input_invalid (a tensor that is not there).
 */
export function jobOutputs(
  plan: JobPlan,
  tensors: ReadonlyMap<string, TensorRef>,
): Outcome<readonly NamedTensor[]> {
  const outputs: NamedTensor[] = [];
  for (const name of plan.outputs) {
    const tensor = tensors.get(name);
    if (!tensor) return fail(failure('input_invalid', `output "${name}" is not assembled`));
    outputs.push({ name, tensor });
  }
  return succeed(outputs);
}

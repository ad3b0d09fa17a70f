import { failure } from '../../domain/failure.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { STAGE_TENSORS_MAX, TENSOR_RANK_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementBytes, elementCount, rowBytes } from '../../domain/tensor.ts';
import type { StageOutput } from '../../domain/work.ts';
import type { JobPlan } from '../job-plan.ts';
import { cutRows } from '../row-cut.ts';
import { memoryRequirement } from '../stage-memory.ts';
import { matchInputs, type InputMatch } from './match-inputs.ts';
import type { ModelFacts } from './model-facts.ts';
import { modelMemory } from './model-memory.ts';

/** How much slower a tab's WASM is than ONNX Runtime's native code, where models are probed. */
const SLOWER_THAN_HERE = 4;

/**
 * Plans a model over a data set: one stage, cut by rows.
 *
 * Errors: input_invalid, shape_mismatch, limit_exceeded.
 */
export function planInference(of: {
  readonly spec: InferenceSpec;
  readonly facts: ModelFacts;
  readonly rowsPerTask: number | null;
}): Outcome<JobPlan> {
  const { spec, facts } = of;
  const match = matchInputs(spec, facts.inputs);
  if (!match.ok) return match;
  const outputs = wantedOutputs(spec, facts);
  if (!outputs.ok) return outputs;
  const { rowCount, fixedBatch, inputTypes, inputs } = match.value;
  const inputBytesPerRow = rowInputBytes(match.value);
  const outputBytesPerRow = bytesPerRow(outputs.value);
  const msPerRow = Math.max(SLOWER_THAN_HERE * facts.msPerRow, 1e-6);
  const cut = cutRows({
    rowCount,
    rowsPerTask: of.rowsPerTask,
    msPerRow,
    inputBytesPerRow,
    outputBytesPerRow,
    batch: fixedBatch ?? 1,
  });
  if (!cut.ok) return cut;
  const rows = cut.value.kind === 'fixed' ? cut.value.rowsPerTask : cut.value.grainRows;
  const program = { kind: 'model', model: spec.model, fixedBatch, inputTypes } as const;
  const memory = modelMemory({ program, inputs, outputs: outputs.value });
  const stage = {
    program,
    inputs: inputs.map((input) => ({ name: input.name, cut: input.cut })),
    outputs: outputs.value,
    requirement: { primitives: ['model.run'], ...memoryRequirement(memory, rows) },
    rowCount,
    cut: cut.value,
    msPerRow,
  } as const;
  return succeed({
    stageCount: 1,
    stages: [stage],
    inputs: [...spec.inputs, ...spec.constants],
    outputs: outputs.value.map(({ name }) => name),
  });
}

function wantedOutputs(spec: InferenceSpec, facts: ModelFacts): Outcome<readonly StageOutput[]> {
  const all = facts.rowOutputs;
  const names = spec.outputs.length === 0 ? all.map(({ name }) => name) : spec.outputs;
  if (names.length > STAGE_TENSORS_MAX) {
    const text = `a job has at most ${STAGE_TENSORS_MAX} outputs: name those that you want`;
    return fail(failure('limit_exceeded', text));
  }
  const outputs: StageOutput[] = [];
  for (const name of names) {
    const output = all.find((candidate) => candidate.name === name);
    if (!output) {
      const list = all.map((candidate) => `"${candidate.name}"`).join(', ');
      return fail(failure('input_invalid', `the model has no output "${name}": it has ${list}`));
    }
    if (outputs.includes(output)) {
      return fail(failure('input_invalid', `output "${name}" is named twice: name it once`));
    }
    if (output.rowShape.length >= TENSOR_RANK_MAX) {
      const text = `output "${name}" would have more than ${TENSOR_RANK_MAX} dimensions`;
      return fail(failure('limit_exceeded', `${text}: flatten it when exporting the model`));
    }
    outputs.push(output);
  }
  return succeed(outputs);
}

function rowInputBytes({ inputs, inputTypes }: InputMatch): number {
  let bytes = 0;
  for (const { name, tensor, cut } of inputs) {
    if (cut !== 'rows') continue;
    const dtype = Object.hasOwn(inputTypes, name) ? inputTypes[name] : undefined;
    bytes += rowBytes({ dtype: dtype ?? tensor.dtype, shape: tensor.shape });
  }
  return bytes;
}

function bytesPerRow(outputs: readonly StageOutput[]): number {
  let bytes = 0;
  for (const { dtype, rowShape } of outputs) bytes += elementBytes(dtype) * elementCount(rowShape);
  return bytes;
}

// Front door of the room: plan, execute, check, assemble, for each kind of work.
export { assembleStage } from './assemble.ts';
export type { BlobWriter, RowsOutput } from './assemble.ts';
export { checkByCompare, checkByRecompute } from './check.ts';
export { checkManyByRecompute } from './check-many.ts';
export type { RecomputedTask } from './check-many.ts';
export type { CheckedTask } from './check.ts';
export { executeTask } from './execute.ts';
export type { TaskRun } from './execute.ts';
export type { Judgement, ReportedOutput } from './finding.ts';
export type { ModelFacts } from './inference/model-facts.ts';
export { probeModel } from './inference/probe-model.ts';
export { neededOutputs } from './needed-outputs.ts';
export { sliceRows, taskInputs } from './row-slice.ts';
export type { TaskInput, TensorReader } from './row-slice.ts';
export { checkStructure } from '../validation/index.ts';
export { jobOutputs, planJob, planStage } from './workload.ts';
export type { JobPlan, PlannedStage } from './workload.ts';

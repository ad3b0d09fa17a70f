// Front door of the room: operator kernels with what measures them, and the face of models.
export type { Kernels, OperatorCall } from './kernels.ts';
export type { ModelRunner, ModelSession, ModelTensor } from './model.ts';
export { operatorOutput, secondOperand } from './operator-output.ts';
export type { OperatorSignature, TensorSignature } from './operator-output.ts';
export { definitionOf, isDefined } from './definitions.ts';
export { runReference } from './reference.ts';
export { checkedCall, shapedCall } from './checked-call.ts';
export { isProduct } from './product.ts';
export { EXACT, UNBOUNDED } from './rounding.ts';
export { largestError, largestRowNorms, productTolerance, toleranceOf } from './tolerance.ts';
export type { Tolerance } from './tolerance.ts';
export { compareTensors } from './compare-tensors.ts';
export type { Comparison } from './compare-tensors.ts';
export { openWasmKernels, openWasmKernelsAtOnce } from './wasm-kernels.ts';
export type { TunedKernels } from './wasm-kernels.ts';
export { openThreadedKernels } from './threads/threaded-kernels.ts';
export type { ThreadedKernels } from './threads/threaded-kernels.ts';
export { serveThread } from './threads/serve-thread.ts';
export type { SpawnThread } from './threads/helping-thread.ts';
export type { FromThread, ToThread } from './threads/thread-message.ts';
export { openCeiling } from './ceiling.ts';
export type { Ceiling } from './ceiling.ts';
export { openProjectorBuild, openWasmProjector } from './projection/wasm-projector.ts';
export { openWebGpuKernels } from './webgpu-kernels.ts';
export type { TuningStore } from './kept-tuning.ts';
export { casesOf } from './cases.ts';
export type { OperatorCase } from './operator-case.ts';
export { runConformance, tryVector } from './conformance.ts';
export type { SpotVerdict } from './conformance.ts';
export { runTrial } from './trial/trial.ts';
export type { Trial } from './trial/trial.ts';
export { trialCall } from './trial/trial-call.ts';
export { trialSizes } from './trial/trial-sizes.ts';
export { runCrowdTest } from './trial/crowd-test.ts';
export type { CrowdFindings, CrowdStep } from './trial/crowd-test.ts';
export type {
  Draft,
  DraftFinding,
  WorkshopStep,
  SourceMessage,
  VectorFinding,
} from './workshop/draft.ts';
export { wgslContract } from './workshop/wgsl-draft.ts';
export type { WgslContract } from './workshop/wgsl-draft.ts';
export { tryDraftApart } from './workshop/try-draft-apart.ts';
export type { SpawnWorkshop, Watching } from './workshop/run-apart.ts';
export { serveWorkshop } from './workshop/serve-workshop.ts';
export { traceModelApart } from './workshop/trace-model-apart.ts';
export { traceModel } from './workshop/trace-model.ts';
export type { Tracer } from './workshop/trace-model.ts';
export type { ModelToTrace, ModelTrace } from './workshop/model-trace.ts';
export type { TracedNode } from './workshop/profile-events.ts';
export { listenToConsole, openWebTracer } from './workshop/web-tracer.ts';
export { CONTENDERS, type Contender } from './workshop/contender.ts';
export type { Ceilings } from './workshop/measure-ceilings.ts';
export { median } from './workshop/median.ts';
export type { FromWorkshop, ToWorkshop } from './workshop/workshop-message.ts';
export { KERNEL_BUILD } from './gen/build.ts';
export { choosePrimitives, fuseBackends } from './fuse-backends.ts';
export type { ChosenPrimitives, FusedKernels } from './fuse-backends.ts';
export { loadNodePackage, nodeSessionOptions, openNodeModelRunner } from './model-node.ts';
export { openWebModelRunner } from './model-web.ts';
export type { WasmPaths } from './model-web.ts';
export { parseOnnxModel } from './onnx-model.ts';
export type { OnnxModel, OnnxOperator, OnnxTensor } from './onnx-model.ts';
export type { ExactGpt, GptConfig } from './exact/gpt/gpt.ts';
export type { GptSession } from './exact/gpt/gpt-session.ts';
export { openReferenceGpt } from './exact/gpt/reference-session.ts';
export { openWasmGpt } from './exact/gpt/wasm-session.ts';
export { openWebGpuGpt } from './exact/gpt/webgpu-session.ts';

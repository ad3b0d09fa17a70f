// Front door of the room: operator kernels with what measures them, and the face of models.
export type { Kernels, OperatorCall } from './kernels.ts';
export type { ModelRunner, ModelSession, ModelTensor } from './model.ts';
export { operatorOutput, secondOperand } from './operator-output.ts';
export type { OperatorSignature, TensorSignature } from './operator-output.ts';
export { definitionOf, isDefined } from './definitions.ts';
export { runReference } from './reference.ts';
export { checkedCall } from './checked-call.ts';
export {
  EXACT,
  largestError,
  largestRowNorms,
  productTolerance,
  toleranceOf,
} from './tolerance.ts';
export type { Tolerance } from './tolerance.ts';
export { compareTensors } from './compare-tensors.ts';
export type { Comparison } from './compare-tensors.ts';
export { openWasmKernels, openWasmKernelsAtOnce } from './wasm-kernels.ts';
export type { TunedKernels } from './wasm-kernels.ts';
export { CEILING_BYTES_MAX, openCeiling } from './ceiling.ts';
export type { Ceiling } from './ceiling.ts';
export { openProjectorBuild, openWasmProjector } from './projection/wasm-projector.ts';
export { openWebGpuKernels } from './webgpu-kernels.ts';
export { casesOf } from './cases.ts';
export type { OperatorCase } from './operator-case.ts';
export { runConformance, tryVector } from './conformance.ts';
export type { SpotVerdict } from './conformance.ts';
export { runTrial } from './trial/trial.ts';
export type { Trial } from './trial/trial.ts';
export { trialCall, trialSizes } from './trial/trial-call.ts';
export { choosePrimitives, fuseBackends } from './fuse-backends.ts';
export type { ChosenPrimitives, FusedKernels } from './fuse-backends.ts';
export { openNodeModelRunner } from './model-node.ts';
export { openWebModelRunner } from './model-web.ts';
export type { WasmPaths } from './model-web.ts';
export { parseOnnxModel } from './onnx-model.ts';
export type { OnnxModel, OnnxOperator, OnnxTensor } from './onnx-model.ts';
export type { ExactGpt, GptConfig } from './exact/gpt/gpt.ts';
export type { GptSession } from './exact/gpt/gpt-session.ts';
export { openReferenceGpt } from './exact/gpt/reference-session.ts';
export { openWasmGpt } from './exact/gpt/wasm-session.ts';
export { openWebGpuGpt } from './exact/gpt/webgpu-session.ts';

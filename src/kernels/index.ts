// Front door of the room: operator kernels with what measures them, and the face of models.
export type { Kernels, OperatorCall } from './kernels.ts';
export type { ModelRunner, ModelSession, ModelTensor } from './model.ts';
export { operatorOutput, secondOperand } from './operator-output.ts';
export type { OperatorSignature, TensorSignature } from './operator-output.ts';
export { runReference } from './reference.ts';
export { betweenTwo, EXACT, largestError, toleranceOf } from './tolerance.ts';
export type { Tolerance } from './tolerance.ts';
export { compareTensors } from './compare-tensors.ts';
export type { Comparison } from './compare-tensors.ts';
export { openWasmKernels } from './wasm-kernels.ts';
export { openWebGpuKernels } from './webgpu-kernels.ts';
export { casesOf } from './cases.ts';
export type { OperatorCase } from './operator-case.ts';
export { runConformance } from './conformance.ts';
export { choosePrimitives, fuseBackends } from './fuse-backends.ts';
export type { ChosenPrimitives, FusedKernels } from './fuse-backends.ts';

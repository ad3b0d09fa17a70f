import type { Shape, Tensor } from '../domain/tensor.ts';
import type { OperatorCase } from './operator-case.ts';
import type { TensorSignature } from './operator-output.ts';
import type { Tolerance } from './tolerance.ts';
import type { WasmExports } from './wasm-exports.ts';
import type { GpuFeatures, WebGpuPlan } from './webgpu-steps.ts';

/** Everything that the network knows of one operator: what its folder exports. */
export type OperatorDefinition = {
  /** What it needs, for people: "needs one float32 [m,n]". */
  readonly needs: string;
  /** The type and shape of its result; null where it cannot take these inputs. */
  readonly output: (inputs: readonly TensorSignature[]) => TensorSignature | null;
  /** What is wrong with values of inputs that fit, and the remedy; null where nothing is. */
  readonly invalid?: (inputs: readonly Tensor[]) => string | null;
  /** Plain and in f64, each element rounded once. Inputs were checked. */
  readonly reference: (inputs: readonly Tensor[]) => Tensor;
  /** The published vectors. */
  readonly cases: () => readonly OperatorCase[];
  /** How far an honest result may lie from the reference's; errors as of `toleranceOf`. */
  readonly tolerance: (inputs: readonly Tensor[], errors: readonly number[]) => Tolerance;
  /** Memory that WASM needs besides operands and result; none where it is left out. Bytes. */
  readonly wasmScratchBytes?: (shapes: readonly Shape[]) => number;
  /** Runs it in memory; the result is not empty. */
  readonly wasm: (wasm: WasmExports, of: WasmOperands) => void;
  /** Plans it on a GPU; the result is not empty. */
  readonly webgpu: (shapes: readonly Shape[], has: GpuFeatures) => WebGpuPlan;
  /** The inputs whose rows are those of the result, by position: all others are needed whole. */
  readonly rowInputs: readonly number[];
  /** Whether small errors in its inputs can be large ones in its result: see magnifiesErrors. */
  readonly magnifiesErrors: boolean;
  /** About how many sums and products it takes, shapes being those of its inputs. */
  readonly operations: (shapes: readonly Shape[]) => number;
};

/** Where operands lie in the memory of WASM. Byte addresses. */
export type WasmOperands = {
  readonly shapes: readonly Shape[];
  readonly inputs: readonly number[];
  readonly output: number;
  /** As large as `wasmScratchBytes` says. */
  readonly scratch: number;
};

/** Whether an input is there and a float32 tensor of so many dimensions. */
export function isFloat32(
  input: TensorSignature | undefined,
  rank: number,
): input is TensorSignature {
  return input?.dtype === 'float32' && input.shape.length === rank;
}

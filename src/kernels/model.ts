import type { BackendName } from '../domain/operator.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { DType, Tensor } from '../domain/tensor.ts';

/** A dimension is a number, or null where the model takes any. */
export type ModelTensor = {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | null)[];
};

/** A model ready to run: ONNX Runtime behind one face on all backends. */
export interface ModelSession {
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  /**
   * Runs the model once; every input and every output by name.
   *
   * Errors: shape_mismatch, out_of_memory, device_lost, execution_failed.
   */
  run(inputs: ReadonlyMap<string, Tensor>): Promise<Outcome<ReadonlyMap<string, Tensor>>>;
  close(): Promise<void>;
}

/** Loads models on one backend. */
export interface ModelRunner {
  readonly backend: BackendName;
  /**
   * Opens an ONNX model.
   *
   * Errors: input_malformed (not an ONNX model), operator_unsupported (names the operator),
   * out_of_memory, device_lost, execution_failed.
   */
  load(model: Uint8Array): Promise<Outcome<ModelSession>>;
}

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { failure, type Failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Tensor } from '../domain/tensor.ts';
import { parseOnnxModel } from './onnx-model.ts';
import { modelFailure } from './model-failure.ts';
import { dtypeOf, tensorFromOrt, tensorToOrt, TYPES_REMEDY } from './model-tensor.ts';
import type { OrtTensorConstructor } from './model-tensor.ts';
import type { ModelSession, ModelTensor } from './model.ts';

/** The part of an ONNX Runtime package that sessions need; all packages have the same. */
export type OrtPackage = {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: OrtTensorConstructor;
};

/**
 * Opens a model in one ONNX Runtime package.
 *
 * `lostBecause` tells why the device under the package is gone; null while it is there.
 */
export async function openModelSession(of: {
  readonly ort: OrtPackage;
  readonly model: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
  readonly lostBecause: () => string | null;
}): Promise<Outcome<ModelSession>> {
  const endless = refuteEnding(of.model);
  if (endless !== null) return fail(endless);
  let session: InferenceSession;
  try {
    session = await of.ort.InferenceSession.create(of.model, of.options);
  } catch (cause) {
    return fail(lostFailure(of.lostBecause()) ?? modelFailure(cause, 'load'));
  }
  const inputs = modelTensors(session.inputMetadata);
  const outputs = modelTensors(session.outputMetadata);
  const foreign = inputs.ok ? outputs : inputs;
  if (!foreign.ok) await session.release();
  if (!inputs.ok) return inputs;
  if (!outputs.ok) return outputs;
  const opened = { ...of, session, inputs: inputs.value, outputs: outputs.value };
  return succeed(new OrtModelSession(opened));
}

/**
 * Why a model may run without an end, or is none; null where nothing speaks against it.
 *
 * Native code cannot be ended from outside: a loop that never ends would take a thread, and keep the
 * process from ending. Every other operator comes to an end by its inputs' sizes.
 */
function refuteEnding(model: Uint8Array): Failure | null {
  const parsed = parseOnnxModel(model);
  if (!parsed.ok) return parsed.failure;
  const loops = parsed.value.operators.some(({ domain, type }) => domain === '' && type === 'Loop');
  if (!loops) return null;
  const remedy = 'export the model without loops, unrolled to a fixed length';
  return failure(
    'operator_unsupported',
    `the model has the operator "Loop", which may never end: ${remedy}`,
  );
}

class OrtModelSession implements ModelSession {
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  readonly #session: InferenceSession;
  readonly #Tensor: OrtTensorConstructor;
  readonly #lostBecause: () => string | null;
  #closed = false;

  constructor(of: {
    session: InferenceSession;
    ort: OrtPackage;
    inputs: readonly ModelTensor[];
    outputs: readonly ModelTensor[];
    lostBecause: () => string | null;
  }) {
    this.#session = of.session;
    this.#Tensor = of.ort.Tensor;
    this.#lostBecause = of.lostBecause;
    this.inputs = of.inputs;
    this.outputs = of.outputs;
  }

  async run(inputs: ReadonlyMap<string, Tensor>): Promise<Outcome<ReadonlyMap<string, Tensor>>> {
    if (this.#closed) {
      return fail(failure('execution_failed', 'this model was closed: open it anew'));
    }
    const feeds: Record<string, OrtTensor> = {};
    for (const { name } of this.inputs) {
      const tensor = inputs.get(name);
      if (!tensor) return fail(failure('shape_mismatch', `the model's input "${name}" is missing`));
      const fed = tensorToOrt(tensor, this.#Tensor);
      if (!fed.ok) return fed;
      feeds[name] = fed.value;
    }
    let results: InferenceSession.ReturnType;
    try {
      results = await this.#session.run(feeds);
    } catch (cause) {
      return fail(lostFailure(this.#lostBecause()) ?? modelFailure(cause, 'run'));
    }
    // A lost device may also answer with zeros instead of an error.
    const lost = lostFailure(this.#lostBecause());
    return lost === null ? this.#outputsOf(results) : fail(lost);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#session.release();
    } catch {
      // The runtime under it is gone already (lost device, aborted WASM): nothing is left to free.
    }
  }

  #outputsOf(results: InferenceSession.ReturnType): Outcome<ReadonlyMap<string, Tensor>> {
    const outputs = new Map<string, Tensor>();
    for (const { name } of this.outputs) {
      const result = results[name];
      if (!result) return fail(failure('execution_failed', `the model gave no output "${name}"`));
      const tensor = tensorFromOrt(name, result);
      if (!tensor.ok) return tensor;
      outputs.set(name, tensor.value);
    }
    return succeed(outputs);
  }
}

function modelTensors(
  metadata: readonly InferenceSession.ValueMetadata[],
): Outcome<readonly ModelTensor[]> {
  const tensors: ModelTensor[] = [];
  for (const value of metadata) {
    const dtype = value.isTensor ? dtypeOf(value.type) : null;
    if (!value.isTensor || dtype === null) {
      const type = value.isTensor ? value.type : 'not a tensor';
      const text = `the model's "${value.name}" is ${type}: ${TYPES_REMEDY}`;
      return fail(failure('input_invalid', text));
    }
    const shape = value.shape.map((size) => (typeof size === 'number' && size > 0 ? size : null));
    tensors.push({ name: value.name, dtype, shape });
  }
  return succeed(tensors);
}

function lostFailure(reason: string | null): Failure | null {
  if (reason === null) return null;
  return failure('device_lost', `the GPU went away: open the model anew (${reason.slice(0, 200)})`);
}

import {
  elementBytes,
  elementCount,
  rowBytes,
  tensorBytes,
  type DType,
} from '../../domain/tensor.ts';
import type { Program } from '../../domain/work.ts';
import type { StageMemory, StageTypes } from '../stage-memory.ts';
import { rowsPerRunMax } from './execute-model.ts';

/** What ONNX Runtime takes beside models and rows: in WASM, 65 to 70 MiB were measured. Bytes. */
const RUNTIME_BYTES = 80 * 1024 * 1024;
/**
 * How often a model lies in memory while it is loaded: as a file, as the runtime's copy of that, as
 * parsed weights, as packed ones, and in what its heap grows ahead. Of models of 16 to 256 MiB, WASM
 * held 3.7 to 5.0 times their size beside RUNTIME_BYTES, and native code 3. Count.
 */
const MODEL_COPIES = 5;

/**
 * What a task of a model holds at most: the model, the rows, and those of one run once more as the
 * runtime's.
 *
 * What lies between a model's own nodes is not told with a task, and not counted.
 */
export function modelMemory({
  program,
  inputs,
  outputs,
}: StageTypes & { readonly program: Extract<Program, { kind: 'model' }> }): StageMemory {
  const { model, fixedBatch, inputTypes } = program;
  let constantBytes = 0;
  let inputBytes = 0;
  let fedBytes = 0;
  for (const { name, cut, tensor } of inputs) {
    const fed = { dtype: fedType(inputTypes, name) ?? tensor.dtype, shape: tensor.shape };
    if (cut === 'whole') {
      // As it was read, as it is cast, and as the runtime's.
      constantBytes += tensorBytes(tensor) + 2 * tensorBytes(fed);
    } else {
      inputBytes += rowBytes(tensor);
      fedBytes += rowBytes(fed);
    }
  }
  let outputBytes = 0;
  for (const { dtype, rowShape } of outputs) {
    outputBytes += elementBytes(dtype) * elementCount(rowShape);
  }
  // One run's rows: filled up to a batch, cast, the runtime's; then its results, here and there.
  const runBytes = inputBytes + 2 * fedBytes + 2 * outputBytes;
  const fixedBytes = RUNTIME_BYTES + MODEL_COPIES * model.byteLength + constantBytes;
  const heldBytes = inputBytes + outputBytes;
  // A fixed batch is filled, however few rows a task has.
  return fixedBatch === null
    ? {
        fixedBytes,
        rowBytes: heldBytes,
        passBytes: runBytes,
        passRowsMax: rowsPerRunMax({ inputs, outputs }),
      }
    : {
        fixedBytes: fixedBytes + fixedBatch * runBytes,
        rowBytes: heldBytes,
        passBytes: 0,
        passRowsMax: fixedBatch,
      };
}

function fedType(types: Readonly<Record<string, DType>>, name: string): DType | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined;
}

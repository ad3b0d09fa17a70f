import type { FailureCode } from '../domain/failure.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import type { Tensor, TensorRef } from '../domain/tensor.ts';
import type { TensorReader } from './row-slice.ts';

/** Failures that an agent brings about by what it names as its result's bytes. */
const AGENTS_FAULTS: readonly FailureCode[] = [
  'input_invalid', // a slice outside its blob
  'input_malformed', // a manifest that does not parse
  'bytes_mismatch',
  'shape_mismatch',
];

/** A result's tensor, or null where its bytes are not what the result says; `into` as of the reader. */
export async function readResult(
  read: TensorReader,
  ref: TensorRef,
  into?: Scratch,
): Promise<Outcome<Tensor | null>> {
  const tensor = await read(ref, into);
  if (tensor.ok || !AGENTS_FAULTS.includes(tensor.failure.code)) return tensor;
  return succeed(null);
}

import type { Scratch } from '../../domain/scratch.ts';
import { tensorBytes, type Tensor } from '../../domain/tensor.ts';
import { operatorOutput, type Kernels, type OperatorCall } from '../../kernels/index.ts';

/** Most data that our own kernels are given for a screening: their memory never shrinks. Bytes. */
const SCREENED_BYTES_MAX = 32 * 1024 * 1024;

/** What our own kernels make of a call, in what `into` gives; null: that is too large, or fails. */
export async function computedHere(
  call: OperatorCall,
  { kernels, into }: { readonly kernels: Kernels; readonly into: Scratch },
): Promise<Tensor | null> {
  const output = operatorOutput(call);
  if (!output.ok) return null;
  const tensors = [...call.inputs, output.value];
  const byteCount = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (byteCount > SCREENED_BYTES_MAX) return null;
  const made = await kernels.run(call, into);
  return made.ok ? made.value : null;
}

import { failure } from '../domain/failure.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type Tensor } from '../domain/tensor.ts';
import { definitionOf, isDefined } from './definitions.ts';
import type { OperatorCall } from './kernels.ts';
import { operatorOutput, type TensorSignature } from './operator-output.ts';

/**
 * What a call puts out, after all that shapes alone do not say was checked too.
 *
 * Inputs come from others: each tensor's byte length against its shape, the values of a quantized
 * product's first operand, which above 127 have no defined result, and those that definitions refuse.
 *
 * Errors: those of operatorOutput; shape_mismatch (bytes), input_invalid (values).
 */
export function checkedCall(call: OperatorCall): Outcome<TensorSignature> {
  const output = shapedCall(call);
  if (!output.ok) return output;
  const [left] = call.inputs;
  const isQuantized = call.operator === 'qmatmul' || call.operator === 'qlinear';
  if (isQuantized && left && hasAbove127(left)) {
    const remedy = 'quantize the first operand to 0..127';
    return fail(failure('input_invalid', `${call.operator}: a value is above 127: ${remedy}`));
  }
  const invalid = isDefined(call.operator)
    ? (definitionOf(call.operator).invalid?.(call.inputs) ?? null)
    : null;
  if (invalid !== null) return fail(failure('input_invalid', `${call.operator}: ${invalid}`));
  return output;
}

/**
 * The same by shapes and byte lengths alone.
 *
 * Errors: those of operatorOutput; shape_mismatch (bytes).
 */
export function shapedCall(call: OperatorCall): Outcome<TensorSignature> {
  const output = operatorOutput(call);
  if (!output.ok) return output;
  for (const tensor of call.inputs) {
    if (tensor.bytes.byteLength === tensorBytes(tensor)) continue;
    const shape = `${tensor.dtype} [${tensor.shape.join(',')}]`;
    const sizes = `${tensor.bytes.byteLength} bytes instead of ${tensorBytes(tensor)}`;
    return fail(failure('shape_mismatch', `${call.operator}: a ${shape} tensor has ${sizes}`));
  }
  return output;
}

function hasAbove127({ bytes }: Tensor): boolean {
  let seen = 0;
  let index = 0;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    // By index, and four at a time: what iterates costs some times as much as a whole check of a product.
    let at = 0;
    for (; at + 4 <= words.length; at += 4) {
      seen |= (words[at] ?? 0) | (words[at + 1] ?? 0) | (words[at + 2] ?? 0) | (words[at + 3] ?? 0);
    }
    index = at * 4;
  }
  for (; index < bytes.byteLength; index++) seen |= bytes[index] ?? 0;
  return (seen & 0x80808080) !== 0;
}

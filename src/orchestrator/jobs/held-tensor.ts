import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { tensorBytes, type TensorRef } from '../../domain/tensor.ts';
import { openBlob, type BlockSource } from '../../data/index.ts';

/**
 * Succeeds when the bytes that a reference names are here: as many inline as its type and shape
 * need, or a blob that is held and reaches as far.
 *
 * The reference is a stranger's. A manifest is only ever taken with its leaves, so a blob whose
 * manifest is here is here.
 * Errors: "shape_mismatch" | "block_unknown" | those of the store.
 */
export async function checkTensorHeld(ref: TensorRef, blocks: BlockSource): Promise<Outcome<void>> {
  const wanted = tensorBytes(ref);
  const { source } = ref;
  if (source.kind === 'inline') {
    if (source.bytes.byteLength === wanted) return succeed(undefined);
    return mismatch(`it has ${source.bytes.byteLength} bytes inline`, ref);
  }
  const blob = await openBlob(blocks, { blob: source.blob });
  if (!blob.ok) return blob;
  const { byteLength } = blob.value.ref;
  if (source.byteOffset + wanted <= byteLength) return succeed(undefined);
  const left = Math.max(0, byteLength - source.byteOffset);
  return mismatch(`its blob has ${left} bytes from ${source.byteOffset} on`, ref);
}

function mismatch(text: string, ref: TensorRef): Outcome<never> {
  const needs = `${ref.dtype} [${ref.shape.join(',')}] needs ${tensorBytes(ref)}`;
  return fail(failure('shape_mismatch', `${text}, but ${needs}. Correct shape or data.`));
}

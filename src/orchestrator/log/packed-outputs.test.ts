import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentId } from '../../domain/ids.ts';
import { DTYPES, type TensorRef } from '../../domain/tensor.ts';
import { outputFromRecord, packOutputs, recordAt } from './packed-outputs.ts';

const blob = `bafkrei${'a'.repeat(52)}` as ContentId<'blob'>;

const source = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ kind: 'inline' as const, bytes })),
  fc.nat(2 ** 31).map((offset) => ({ kind: 'blob' as const, blob, byteOffset: offset * 2 ** 20 })),
);
const tensor: fc.Arbitrary<TensorRef> = fc.record({
  dtype: fc.constantFrom(...DTYPES),
  shape: fc.array(
    fc.nat(2 ** 31).map((size) => size * 2 ** 9),
    { maxLength: 8 },
  ),
  source,
});

describe('packed outputs', () => {
  it('give each output back by its place', () => {
    fc.assert(
      fc.property(fc.array(fc.array(tensor, { maxLength: 4 }), { maxLength: 20 }), (outputs) => {
        const packed = packOutputs(outputs);
        expect(packed.byteLength).toBe(packed.buffer.byteLength);
        const read = outputs.map((_, index) => outputFromRecord(recordAt(packed, index)));
        expect(read).toEqual(outputs);
      }),
    );
  });
});

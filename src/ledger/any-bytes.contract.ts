import fc from 'fast-check';
import { expect } from 'vitest';
import type { Outcome } from '../domain/outcome.ts';

/** Valid bytes with one of them changed, and any few: each is an outcome, and writes to what was read. */
export function expectAnyBytesRead<Value>(
  valid: Uint8Array,
  of: {
    readonly read: (bytes: Uint8Array) => Outcome<Value>;
    readonly write: (value: Value) => Uint8Array;
  },
): void {
  const mutated = fc.tuple(fc.nat(valid.byteLength - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = valid.slice();
    bytes[at] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 50 })), (bytes) => {
      const read = of.read(bytes);
      expect(read.ok ? of.write(read.value) : bytes).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
}

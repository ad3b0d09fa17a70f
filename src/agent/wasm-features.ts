import type { DeviceFeatures } from '../domain/capability.ts';

// Smallest modules whose only function uses one instruction of the feature: i8x16.popcnt of a
// splat, and i8x16.relaxed_swizzle of two constants.
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const ZERO = Array.from({ length: 16 }, () => 0);
const CONSTANT = [0xfd, 12, ...ZERO];
const SIMD = moduleOf([...CONSTANT, 0xfd, 98]);
const RELAXED_SIMD = moduleOf([...CONSTANT, ...CONSTANT, 0xfd, 0x80, 0x02]);

/** Which WebAssembly this engine compiles, found by asking it to. */
export function wasmFeatures(): Pick<DeviceFeatures, 'wasmSimd' | 'wasmRelaxedSimd'> {
  return {
    wasmSimd: WebAssembly.validate(SIMD),
    wasmRelaxedSimd: WebAssembly.validate(RELAXED_SIMD),
  };
}

/** A module with one function of type () -> v128. */
function moduleOf(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...instructions, 11];
  return new Uint8Array([...HEAD, body.length + 2, 1, body.length, ...body]);
}

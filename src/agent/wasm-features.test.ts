import { expect, it } from 'vitest';
import { wasmFeatures } from './wasm-features.ts';

it('finds the SIMD that this engine has', () => {
  expect(wasmFeatures()).toEqual({ wasmSimd: true, wasmRelaxedSimd: true });
});

import { describe, expect, it } from 'vitest';
import { CONTENDERS } from '../../agent/browser/workshop.ts';
import { contendersOf, LAB_BACKENDS, type LabOrder } from './lab-order.ts';

const ALL: LabOrder = {
  ...{ operator: 'matmul', size: [1, 768, 768] },
  ...{ backends: LAB_BACKENDS, withPeers: true },
};

describe('who runs an order', () => {
  it('is everybody, of a product on all backends beside other libraries', () => {
    expect(contendersOf(ALL)).toEqual(CONTENDERS);
  });

  it.each<[string, Partial<LabOrder>, readonly string[]]>([
    ['the own ones alone', { withPeers: false }, ['wasm', 'wasm-threads', 'webgpu']],
    ['those on one backend', { backends: ['webgpu'] }, ['webgpu', 'ort-webgpu', 'jax-webgpu']],
    ['nobody on no backend', { backends: [] }, []],
    [
      'no threads but for products',
      { operator: 'relu', backends: ['wasm'] },
      ['wasm', 'ort-wasm', 'jax-wasm'],
    ],
  ])('is %s', (_, changes, contenders) => {
    expect(contendersOf({ ...ALL, ...changes })).toEqual(contenders);
  });
});

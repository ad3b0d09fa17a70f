import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Tensor } from '../../domain/tensor.ts';
import { tensorOver } from '../tensor-view.ts';
import { inHalves } from './halves.ts';

/** The number that a f16 is, by the definition of binary16. */
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(half >>> 10) & 31, half & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function matrix(values: readonly number[], columns: number): Tensor {
  const shape = [values.length / columns, columns];
  return tensorOver({ dtype: 'float32', shape, values: Float32Array.from(values) });
}

/** The f16 of a packed matrix; null where it was not packed. */
function halvesOf(tensor: Tensor): readonly number[] | null {
  const packed = inHalves(tensor);
  return packed && [...new Uint16Array(packed.buffer)];
}

const FINITE = Array.from({ length: 2 ** 16 }, (_, half) => half).filter((half) =>
  Number.isFinite(fromHalf(half)),
);

describe('inHalves', () => {
  it('packs every finite f16 as itself, zeros of both signs among them', () => {
    const values = FINITE.map(fromHalf);
    expect(halvesOf(matrix(values, 2))).toEqual(FINITE);
    expect(halvesOf(matrix(values, 1024))).toEqual(FINITE);
  });

  it('refuses what lies beside each f16 in f32', () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (const half of FINITE) {
      float[0] = fromHalf(half);
      const [exact = 0] = bits;
      for (const beside of exact << 1 === 0 ? [1] : [-1, 1]) {
        bits[0] = exact + beside;
        expect(inHalves(matrix([0, float[0]], 2))).toBeNull();
      }
    }
  });

  it.each([
    ['infinity', Infinity],
    ['infinity below zero', -Infinity],
    ['NaN', NaN],
    ['what is too large', 65_536],
    ['a subnormal f32', 2 ** -140],
    ['half of the least f16', 2 ** -25],
    ['what lies between two subnormal f16', 1.5 * 2 ** -24],
    ['what has too many places', 1 + 2 ** -11],
  ])('refuses %s, wherever it stands', (_, wrong) => {
    // In the first and last vectors, and in the second slab.
    for (const at of [0, 7, 8_190, 8_191, 8_192, 9_999]) {
      const values = Array.from({ length: 10_000 }, (__, index) => (index === at ? wrong : 0.5));
      expect(inHalves(matrix(values, 10))).toBeNull();
      expect(inHalves(matrix(values, 5))).toBeNull();
    }
  });

  it('ends odd rows with a zero', () => {
    expect(halvesOf(matrix([1, 2, -3, 4, 5, 6], 3))).toEqual([
      0x3c00, 0x4000, 0xc200, 0, 0x4400, 0x4500, 0x4600, 0,
    ]);
    expect(halvesOf(matrix([1, 2, 3], 1))).toEqual([0x3c00, 0, 0x4000, 0, 0x4200, 0]);
  });

  it.each([
    [3, 20_001],
    [2_000, 13],
    [1, 16_384],
    [5, 8],
  ])('packs rows longer and shorter than a slab: %i x %i', (k, n) => {
    const values = Array.from({ length: k * n }, (_, index) => (index % 2_047) - 1_023);
    const pitch = n + (n % 2);
    const halves = halvesOf(matrix(values, n)) ?? [];
    expect(halves).toHaveLength(k * pitch);
    const wrong = halves.filter((half, at) => {
      const [row, column] = [Math.floor(at / pitch), at % pitch];
      return fromHalf(half) !== (column === n ? 0 : values[row * n + column]);
    });
    expect(wrong).toEqual([]);
  });

  it('packs a matrix of no bytes, and one at any place', () => {
    expect(halvesOf({ dtype: 'float32', shape: [0, 5], bytes: new Uint8Array() })).toEqual([]);
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat32(1, 1.5, true);
    const odd = { dtype: 'float32', shape: [1, 2], bytes: bytes.subarray(1) } as const;
    expect(halvesOf(odd)).toEqual([0x3e00, 0]);
  });

  it('packs nothing without WebAssembly SIMD', async () => {
    vi.resetModules();
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    onTestFinished(() => validate.mockRestore());
    const { inHalves: without } = await import('./halves.ts');
    expect(without(matrix([1, 2], 2))).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { checkedCall } from '../checked-call.ts';
import { float32Tensor, int32Tensor } from '../operator-case.ts';
import { operatorOutput } from '../operator-output.ts';
import { float32View } from '../tensor-view.ts';
import { attentionReference } from './attention-reference.ts';
import { attentionTolerance } from './attention-tolerance.ts';
import { ATTENTION } from './attention.ts';

const K = float32Tensor([3, 4], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
const V = float32Tensor([3, 2], [1, 10, 2, 20, 4, 40]);

function attended(query: readonly number[], position: number): number[] {
  const inputs = [float32Tensor([1, 4], query), K, V, int32Tensor([position])];
  return [...float32View(attentionReference(inputs))];
}

describe('attentionReference', () => {
  it('takes the mean of what is up to the position, where all scores are equal', () => {
    expect(attended([0, 0, 0, 0], 0)).toEqual([1, 10]);
    expect(attended([0, 0, 0, 0], 1)).toEqual([1.5, 15]);
    expect(attended([0, 0, 0, 0], 2).map((x) => Math.round(x * 3))).toEqual([7, 70]);
  });

  it('weights by e^(q . k / sqrt(d))', () => {
    // Scores are 0 and ln 3: q . k is 2 ln 3 and the root of four is 2.
    const each = Math.log(3) / 2;
    const [first, second] = attended([each, each, each, each], 1);
    expect(first).toBeCloseTo((1 + 3 * 2) / 4, 5);
    expect(second).toBeCloseTo((10 + 3 * 20) / 4, 5);
  });

  it('makes NaN of a visible value that is not finite, and of no other', () => {
    const v = float32Tensor([3, 2], [1, 1, 1, Infinity, NaN, 1]);
    const of = (position: number) => {
      const q = float32Tensor([1, 4], [0, 0, 0, -90]);
      return [...float32View(attentionReference([q, K, v, int32Tensor([position])]))];
    };
    expect(of(0)).toEqual([1, 1]);
    expect(of(1)).toEqual([1, NaN]);
    expect(of(2)).toEqual([NaN, NaN]);
  });
});

describe('attention', () => {
  const float = (shape: number[]) => ({ dtype: 'float32' as const, shape });
  const positions = { dtype: 'int32' as const, shape: [2] };

  it.each([
    { q: [2, 4], k: [3, 4], v: [3, 5], shape: [2, 5] },
    { q: [2, 4], k: [3, 5], v: [3, 5], shape: null },
    { q: [2, 4], k: [3, 4], v: [4, 5], shape: null },
    { q: [3, 4], k: [3, 4], v: [3, 4], shape: null },
    { q: [2, 0], k: [3, 0], v: [3, 4], shape: null },
  ])('of q $q, k $k and v $v has the shape $shape', ({ q, k, v, shape }) => {
    const inputs = [float(q), float(k), float(v), positions];
    const output = operatorOutput({ operator: 'attention', inputs });
    expect(output.ok ? output.value.shape : null).toEqual(shape);
  });

  it.each([
    { position: 2, ok: true },
    { position: 3, ok: false },
    { position: -1, ok: false },
  ])('checks the position $position', ({ position, ok }) => {
    const inputs = [float32Tensor([1, 4], [1, 2, 3, 4]), K, V, int32Tensor([position])];
    expect(checkedCall({ operator: 'attention', inputs }).ok).toBe(ok);
  });

  it('covers every query once on a GPU, in bounded submissions', () => {
    const shapes = [[700, 64], [40_000, 64], [40_000, 64], [700]];
    const { steps } = ATTENTION.webgpu(shapes, { packedDot: false, products: null });
    let next = 0;
    for (const { sizes, workgroups } of steps) {
      expect(sizes[0]).toBe(next);
      expect(workgroups[0] * 40_000 * 128).toBeLessThanOrEqual(2 ** 28);
      next += workgroups[0];
    }
    expect(next).toBe(700);
  });
});

describe('attentionTolerance', () => {
  it('is small beside the values, grows with scores, and gives up where they overflow', () => {
    const of = (by: number) => {
      const scaled = float32Tensor(
        [3, 4],
        [...float32View(K)].map((x) => x * by),
      );
      return attentionTolerance([scaled, scaled, V], []).absolute;
    };
    expect(of(1)).toBeLessThan(4e-3);
    expect(of(10)).toBeGreaterThan(2 * of(1));
    expect(of(1e19)).toBe(Infinity);
  });
});

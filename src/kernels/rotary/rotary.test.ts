import { describe, expect, it } from 'vitest';
import { checkedCall } from '../checked-call.ts';
import { float32Tensor, int32Tensor } from '../operator-case.ts';
import { operatorOutput } from '../operator-output.ts';
import { float32View } from '../tensor-view.ts';
import { rotaryTable } from './rotary-cases.ts';
import { rotaryReference } from './rotary-reference.ts';

describe('rotaryReference', () => {
  it('pairs numbers half a head apart, in each head alone', () => {
    // A quarter turn: (a, b) -> (-b, a), of heads of four numbers.
    const table = float32Tensor([1, 4], [0, 0, 1, 1]);
    const x = float32Tensor([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]);
    const result = rotaryReference([x, int32Tensor([0]), table]);
    expect([...float32View(result)]).toEqual([-3, -4, 1, 2, -7, -8, 5, 6]);
  });

  it('makes products of two rows depend on the distance of their positions alone', () => {
    const table = rotaryTable(20, 8);
    const [q, k] = [
      [1, -2, 0.5, 3, 2, 1, -1, 4],
      [2, 1, 1, -1, 0, 3, 2, 1],
    ] as const;
    const product = (at: number, other: number): number => {
      const turned = [q, k].map((row, index) => {
        const position = int32Tensor([index === 0 ? at : other]);
        return float32View(rotaryReference([float32Tensor([1, 8], row), position, table]));
      });
      const [left = [], right = []] = turned;
      return [...left].reduce((sum, x, index) => sum + x * (right[index] ?? NaN), 0);
    };
    expect(product(7, 3)).toBeCloseTo(product(19, 15), 4);
    expect(Math.abs(product(7, 3) - product(7, 4))).toBeGreaterThan(0.1);
  });
});

describe('rotary', () => {
  const float = (shape: number[]) => ({ dtype: 'float32' as const, shape });
  const positions = { dtype: 'int32' as const, shape: [3] };

  it.each([
    { x: [3, 8], table: [5, 4], ok: true },
    { x: [3, 8], table: [5, 8], ok: true },
    { x: [3, 8], table: [5, 1], ok: false },
    { x: [3, 9], table: [5, 3], ok: false },
    { x: [3, 8], table: [5, 6], ok: false },
    { x: [3, 8], table: [5, 0], ok: false },
    { x: [4, 8], table: [5, 4], ok: false },
  ])('takes $x with a table $table: $ok', ({ x, table, ok }) => {
    const inputs = [float(x), positions, float(table)];
    expect(operatorOutput({ operator: 'rotary', inputs }).ok).toBe(ok);
  });

  it.each([
    { position: 4, ok: true },
    { position: 5, ok: false },
    { position: -1, ok: false },
  ])('checks the position $position', ({ position, ok }) => {
    const inputs = [float32Tensor([1, 2], [1, 2]), int32Tensor([position]), rotaryTable(5, 2)];
    expect(checkedCall({ operator: 'rotary', inputs }).ok).toBe(ok);
  });
});

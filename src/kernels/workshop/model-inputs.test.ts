import { describe, expect, it } from 'vitest';
import { modelInputs } from './model-inputs.ts';

const value = (name: string, type: 'float32' | 'int64', shape: readonly (number | string)[]) => {
  return { name, isTensor: true, type, shape } as const;
};
const NONE = new Map<string, number>();

describe('inputs of a model', () => {
  it('have the shapes declared, numbers in float32, and zeros in other types', () => {
    const made = modelInputs([value('x', 'float32', [2, 3]), value('ids', 'int64', [4])], NONE);
    if (!made.ok) throw new Error(made.failure.message);
    expect(made.value.inputs.get('x')).toMatchObject({ dtype: 'float32', shape: [2, 3] });
    const ids = { dtype: 'int64', shape: [4], bytes: new Uint8Array(32) };
    expect(made.value.inputs.get('ids')).toEqual(ids);
    expect(made.value.inputs.get('x')?.bytes.some((byte) => byte !== 0)).toBe(true);
    expect(made.value.dimensions.size).toBe(0);
  });

  it('have 1 for what is left open, or what is wanted, by name and by place', () => {
    const open = [value('x', 'float32', ['batch', 'length']), value('y', 'float32', ['', -1, 5])];
    const wanted = new Map([['length', 7]]).set('y[1]', 3);
    const made = modelInputs(open, wanted);
    if (!made.ok) throw new Error(made.failure.message);
    const shapes = [...made.value.inputs.values()].map(({ shape }) => shape);
    expect(shapes).toEqual([
      [1, 7],
      [1, 3, 5],
    ]);
    const names = ['batch', 'length', 'y[0]', 'y[1]'];
    expect([...made.value.dimensions.keys()]).toEqual(names);
  });

  it('are refused where a dimension is wanted that is not open: with those that are', () => {
    const made = modelInputs([value('x', 'float32', ['batch', 3])], new Map([['length', 7]]));
    const message = '"length" is no open dimension: those are batch';
    expect(made).toMatchObject({ failure: { code: 'config_invalid', message } });
  });

  it('are refused above the limit', () => {
    const wanted = new Map([['batch', 2 ** 30]]);
    const made = modelInputs([value('x', 'float32', ['batch', 2 ** 20])], wanted);
    expect(made).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });
});

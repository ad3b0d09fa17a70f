import { describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import { DTYPES, elementBytes, type DType, type Shape, type Tensor } from '../../domain/tensor.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import { compareTensors, runReference, toleranceOf } from '../../kernels/index.ts';
import { elementsOf, largestOf } from './elements.ts';
import { LIE_NAMES, type LieName, type Telling } from './lie.ts';
import { BIG_ELEMENTS, LIES } from './lies.ts';

const ROWS = 16;
const COLUMNS = 12;
const INNER = 40;

/** Numbers drawn from all that a type holds, floats from -1 to 1. */
function drawn(dtype: DType, shape: Shape, label = 'x'): Tensor {
  const random = randomStream(5, `${label} ${dtype}`);
  const count = shape.reduce((product, size) => product * size, 1);
  const elements = elementsOf({ dtype, shape, bytes: new Uint8Array(count * elementBytes(dtype)) });
  for (let index = 0; index < count; index++) {
    const unit = random.nextUnit();
    if (elements.isFloat) elements.put(index, 2 * unit - 1);
    else elements.put(index, dtype === 'bool' ? Number(unit < 0.5) : 1 + Math.floor(unit * 100));
  }
  return elements.tensor();
}

const LEFT = drawn('float32', [ROWS, INNER], 'left');
const RIGHT = drawn('float32', [INNER, COLUMNS], 'right');
const PRODUCT_CALL = { operator: 'matmul', inputs: [LEFT, RIGHT] } as const;

function reference(call: Parameters<typeof runReference>[0]): Tensor {
  const result = runReference(call);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

const PRODUCT = reference(PRODUCT_CALL);
const nodesOf = (...operators: OperatorNode['operator'][]): readonly OperatorNode[] =>
  operators.map((operator, at) => ({
    operator,
    inputs: at === 0 ? ['x', 'w'] : [`y${at - 1}`],
    output: at === operators.length - 1 ? 'y' : `y${at}`,
  }));

function telling(truth: readonly Tensor[], changes: Partial<Telling> = {}): Telling {
  const outputs = truth.map(({ dtype, shape }, at) => {
    return { name: at === 0 ? 'y' : `other ${at}`, dtype, rowShape: shape.slice(1) };
  });
  return {
    work: { program: { kind: 'graph', nodes: nodesOf('matmul') }, outputs },
    rows: { start: 32, end: 32 + (truth[0]?.shape[0] ?? 0) },
    truth,
    former: truth.map(({ dtype, shape }) => drawn(dtype, shape, 'former')),
    other: [drawn('float32', [3, 5], 'other')],
    random: randomStream(1, 'test'),
    secret: 'between us',
    ...changes,
  };
}

const tell = (kind: LieName, of: Telling) => LIES[kind].tell(of);

/** Indices of the elements that a lie changed in its only output. */
function changedBy(kind: LieName, truth: Tensor, changes: Partial<Telling> = {}): number[] {
  const told = tell(kind, telling([truth], changes));
  const [lie] = told ?? [];
  if (lie === undefined) throw new Error(`${kind} was not told`);
  const [before, after] = [elementsOf(truth), elementsOf(lie)];
  return Array.from({ length: before.count }, (_, index) => index).filter(
    (index) => before.at(index) !== after.at(index),
  );
}

const numbersOf = (tensor: Tensor | undefined): number[] => {
  if (tensor === undefined) throw new Error('no tensor');
  const { count, at } = elementsOf(tensor);
  return Array.from({ length: count }, (_, index) => at(index));
};

describe('a lie', () => {
  const CASES = LIE_NAMES.flatMap((kind) => DTYPES.map((dtype) => [kind, dtype] as const));

  it.each(CASES)(
    '%s keeps types, shapes and sizes of %s, and the truth as it is',
    (kind, dtype) => {
      // Large enough for those that lie of large results only.
      const truth = [drawn(dtype, [400, COLUMNS]), drawn(dtype, [400], 'second')];
      const copies = truth.map(({ bytes }) => bytes.slice());
      const told = tell(kind, telling(truth)) ?? [];
      expect(told.map(({ dtype: type, shape }) => [type, shape])).toEqual(
        truth.map(({ dtype: type, shape }) => [type, shape]),
      );
      expect(told.map(({ bytes }) => bytes.byteLength)).toEqual(copies.map((b) => b.byteLength));
      expect(truth.map(({ bytes }) => bytes)).toEqual(copies);
    },
  );

  it.each(LIE_NAMES)('%s is the same under the same seed', (kind) => {
    const once = tell(kind, telling([PRODUCT]));
    expect(tell(kind, telling([PRODUCT]))).toEqual(once);
  });

  it.each(LIE_NAMES.filter((kind) => LIES[kind].isWrong))(
    '%s is further from the truth than rounding may be',
    (kind) => {
      const call = { operator: 'matmul', inputs: [drawn('float32', [400, INNER]), RIGHT] } as const;
      const truth = reference(call);
      const [lie = truth] = tell(kind, telling([truth])) ?? [];
      const tolerance = toleranceOf(call);
      expect(compareTensors({ expected: truth, actual: lie, tolerance }).kind).toBe('different');
    },
  );

  it.each(LIE_NAMES)('%s is told, or not, of outputs without elements', (kind) => {
    const empty = drawn('float32', [0, COLUMNS]);
    const told = tell(kind, telling([empty])) ?? [empty];
    expect(told.map(({ bytes }) => bytes.byteLength)).toEqual([0]);
  });
});

describe('one-element', () => {
  it.each(['float32', 'float64', 'int8', 'int32', 'int64', 'bool'] as const)(
    'changes one element of %s',
    (dtype) => {
      expect(changedBy('one-element', drawn(dtype, [ROWS, COLUMNS]))).toHaveLength(1);
    },
  );

  it('changes one output of several', () => {
    const truth = [PRODUCT, drawn('float32', [ROWS])];
    const told = tell('one-element', telling(truth)) ?? [];
    expect(told.filter((tensor, at) => tensor === truth[at])).toHaveLength(1);
  });

  it('is off by one where it is an integer', () => {
    const truth = drawn('int32', [ROWS]);
    const [lie] = tell('one-element', telling([truth])) ?? [];
    const after = numbersOf(lie);
    const off = numbersOf(truth).map((value, index) => Math.abs(value - (after[index] ?? 0)));
    expect(off.reduce((sum, value) => sum + value, 0)).toBe(1);
  });
});

describe('results of other tasks', () => {
  it('stale-result is the former one, its rows again where it has too few', () => {
    const former = [drawn('float32', [2, COLUMNS], 'former')];
    const [lie] = tell('stale-result', telling([PRODUCT], { former })) ?? [];
    const two = numbersOf(former[0]);
    expect(numbersOf(lie)).toEqual(Array.from({ length: ROWS / 2 }, () => two).flat());
  });

  it('stale-result keeps all bits of wide integers', () => {
    const wide = { dtype: 'int64', shape: [1] } as const;
    const bytes = (value: bigint) => new Uint8Array(new BigInt64Array([value]).buffer);
    const former = [{ ...wide, bytes: bytes(2n ** 62n + 1n) }];
    const told = tell('stale-result', telling([{ ...wide, bytes: bytes(1n) }], { former }));
    expect(told).toEqual(former);
  });

  it('other-task has the numbers of another shape and type', () => {
    const other = [drawn('uint8', [5])];
    const [lie] = tell('other-task', telling([PRODUCT], { other })) ?? [];
    const five = numbersOf(other[0]);
    expect(numbersOf(lie).slice(0, 10)).toEqual([...five, ...five]);
  });

  it.each([
    ['stale-result', { former: null }],
    ['other-task', { other: null }],
  ] as const)('%s is not told before there is one', (kind, changes) => {
    expect(tell(kind, telling([PRODUCT], changes))).toBeNull();
  });
});

describe('scaled', () => {
  it.each([
    ['float32', PRODUCT],
    ['int32', drawn('int32', [ROWS, COLUMNS])],
  ])('changes one row of %s', (_, truth) => {
    const rows = changedBy('scaled', truth).map((index) => Math.floor(index / COLUMNS));
    expect(rows).toHaveLength(COLUMNS);
    expect(new Set(rows).size).toBe(1);
  });

  it('finds the only row that is not zero', () => {
    const bytes = new Uint8Array(ROWS * COLUMNS * 4);
    bytes.set(drawn('float32', [COLUMNS]).bytes, 3 * COLUMNS * 4);
    const changed = changedBy('scaled', { ...PRODUCT, bytes });
    expect(changed.map((index) => Math.floor(index / COLUMNS))).toEqual(
      Array.from({ length: COLUMNS }, () => 3),
    );
  });
});

describe('low-rank', () => {
  const outer = (count: number): Tensor => {
    const left = drawn('float32', [ROWS, count], 'thin left');
    const right = drawn('float32', [count, COLUMNS], 'thin right');
    return reference({ operator: 'matmul', inputs: [left, right] });
  };

  it('is closer to the truth than nothing is, and has rank two', () => {
    const [lie] = tell('low-rank', telling([PRODUCT])) ?? [];
    const [before, after] = [numbersOf(PRODUCT), numbersOf(lie)];
    const size = (values: readonly number[]) => values.reduce((sum, x) => sum + x * x, 0);
    expect(size(before.map((x, at) => x - (after[at] ?? 0)))).toBeLessThan(0.8 * size(before));
    // A matrix of rank two is described by rank two, so that the lie of a lie is none.
    const [again] = tell('low-rank', telling(lie === undefined ? [] : [lie])) ?? [];
    expect(again).toBe(lie);
  });

  it.each([
    ['of rank two', outer(2), true],
    ['of rank three', outer(3), false],
    ['of one row', drawn('float32', [1, COLUMNS]), true],
    ['of one column', drawn('float32', [ROWS, 1]), true],
    ['of two rows', drawn('float32', [2, COLUMNS]), false],
  ])('of a matrix %s is the truth: %s', (_, truth, isTruth) => {
    const [lie] = tell('low-rank', telling([truth])) ?? [];
    expect(lie === truth).toBe(isTruth);
  });
});

describe('zero-tail', () => {
  it.each([
    [8, [7]],
    [9, [7, 8]],
    [1, [0]],
  ])('of %i elements drops %j', (count, dropped) => {
    expect(changedBy('zero-tail', drawn('int32', [count]))).toEqual(dropped);
  });
});

describe('lazy-model', () => {
  it.each([
    [16, 2],
    [17, 3],
    [2, 1],
  ])('of %i rows computes %i', (rows, computed) => {
    const truth = drawn('float32', [rows, COLUMNS]);
    const [lie] = tell('lazy-model', telling([truth])) ?? [];
    const [before, after] = [numbersOf(truth), numbersOf(lie)];
    const first = before.slice(0, computed * COLUMNS);
    expect(after).toEqual(before.map((_, index) => first[index % first.length]));
  });

  it('is the truth of one row', () => {
    expect(changedBy('lazy-model', drawn('float32', [1, COLUMNS]))).toEqual([]);
  });
});

describe('below-tolerance', () => {
  const nodes = (...operators: OperatorNode['operator'][]): Partial<Telling> => ({
    work: {
      program: { kind: 'graph', nodes: nodesOf(...operators) },
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [COLUMNS] }],
    },
  });

  it.each([
    ['matmul', nodes('matmul'), true],
    ['relu of matmul', nodes('matmul', 'relu'), true],
    ['relu', nodes('relu'), false],
    ['transpose', nodes('transpose'), false],
    ['max', nodes('max'), false],
  ])('changes what %s puts out: %s', (_, changes, hasChanged) => {
    const changed = changedBy('below-tolerance', PRODUCT, changes);
    expect(changed.length > 0).toBe(hasChanged);
  });

  it.each([
    ['relu', [false, false]],
    ['tanh', [false, true]],
  ] as const)('of a product that is reported, and its %s, changes %j', (operator, changes) => {
    const [product, last] = nodesOf('matmul', operator);
    const names = [product?.output ?? '', last?.output ?? ''];
    const outputs = names.map((name) => {
      return { name, dtype: 'float32' as const, rowShape: [COLUMNS] };
    });
    const program = { kind: 'graph', nodes: nodesOf('matmul', operator) } as const;
    const told = tell(
      'below-tolerance',
      telling([PRODUCT, PRODUCT], { work: { program, outputs } }),
    );
    const hasChanged = (told ?? []).map((lie) => `${numbersOf(lie)}` !== `${numbersOf(PRODUCT)}`);
    expect(hasChanged).toEqual(changes);
  });

  it('does not change integers', () => {
    expect(changedBy('below-tolerance', drawn('int32', [ROWS, COLUMNS]))).toEqual([]);
  });

  it.each([1, 2, 40, 1000])('stays within half of the tolerance of sums of %i', (inner) => {
    const [left, right] = [drawn('float32', [ROWS, inner]), drawn('float32', [inner, COLUMNS])];
    const call = { operator: 'matmul', inputs: [left, right] } as const;
    const truth = reference(call);
    const [lie = truth] = tell('below-tolerance', telling([truth])) ?? [];
    const tolerance = toleranceOf(call);
    const found = compareTensors({ expected: truth, actual: lie, tolerance });
    expect(found).toMatchObject({ kind: 'equal', worst: expect.toSatisfy(isSmall) });
  });
  const isSmall = (worst: number): boolean => worst > 0 && worst <= 0.5;
});

describe('colluding-pair', () => {
  const rowsOf = (tensor: Tensor | undefined, start: number, end: number): number[] =>
    numbersOf(tensor).slice(start * COLUMNS, end * COLUMNS);

  it('is the same of the same rows, whoever tells it and however they are cut', () => {
    const [one] = tell('colluding-pair', telling([PRODUCT])) ?? [];
    const part = { ...PRODUCT, shape: [4, COLUMNS], bytes: PRODUCT.bytes.slice(0, 16 * COLUMNS) };
    const random = randomStream(99, 'another liar');
    const [two] = tell('colluding-pair', telling([part], { random })) ?? [];
    expect(numbersOf(two)).toEqual(rowsOf(one, 0, 4));
  });

  it('stays the same up to the rounding of the truth', () => {
    const [near = PRODUCT] = tell('below-tolerance', telling([PRODUCT])) ?? [];
    const [[one = near] = [], [two = near] = []] = [
      tell('colluding-pair', telling([PRODUCT])) ?? [],
      tell('colluding-pair', telling([near])) ?? [],
    ];
    const tolerance = { absolute: 0, relative: 2 ** -21, overflows: false };
    expect(compareTensors({ expected: one, actual: two, tolerance }).kind).toBe('equal');
  });

  it.each([
    ['another secret', { secret: 'of others' }],
    ['other rows', { rows: { start: 0, end: ROWS } }],
  ])('is not the same with %s', (_, changes) => {
    const [one] = tell('colluding-pair', telling([PRODUCT])) ?? [];
    const [two] = tell('colluding-pair', telling([PRODUCT], changes)) ?? [];
    expect(numbersOf(two)).not.toEqual(numbersOf(one));
  });

  it('is wrong in one element of each row', () => {
    const rows = changedBy('colluding-pair', PRODUCT).map((at) => Math.floor(at / COLUMNS));
    expect(rows).toEqual(Array.from({ length: ROWS }, (_, row) => row));
  });
});

describe('big-only', () => {
  it.each([
    [BIG_ELEMENTS - 1, false],
    [BIG_ELEMENTS, true],
  ])('is told of %i elements: %s', (count, isTold) => {
    expect(tell('big-only', telling([drawn('float32', [count])])) !== null).toBe(isTold);
  });
});

describe('dtype-rounding', () => {
  it('moves floats by less than a bit of bfloat16, and nearly all of them', () => {
    const [lie] = tell('dtype-rounding', telling([PRODUCT])) ?? [];
    const [before, after] = [numbersOf(PRODUCT), numbersOf(lie)];
    const off = before.map((value, at) => Math.abs((after[at] ?? 0) / value - 1));
    expect(Math.max(...off)).toBeLessThan(2 ** -8);
    expect(off.filter((share) => share > 0).length).toBeGreaterThan(0.9 * off.length);
  });

  it('rounds to the nearest, ties to even, and leaves what is not finite', () => {
    const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Infinity, 0];
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    const bfloat16 = { nextUint32: () => 0, nextBelow: () => 0, nextUnit: () => 0 };
    const truth: Tensor = { dtype: 'float32', shape: [values.length], bytes };
    const [lie] = tell('dtype-rounding', telling([truth], { random: bfloat16 })) ?? [];
    expect(numbersOf(lie)).toEqual([1, 1, 1 + 2 ** -6, -Infinity, 0]);
  });

  it.each([
    ['int8', 4],
    ['int16', 16],
    ['int32', 256],
  ] as const)('leaves %s in steps of %i', (dtype, step) => {
    const [lie] = tell('dtype-rounding', telling([drawn(dtype, [ROWS, COLUMNS])])) ?? [];
    expect(new Set(numbersOf(lie).map((value) => Math.abs(value % step)))).toEqual(new Set([0]));
  });
});

describe('the largest of elements', () => {
  it('leaves out what is not finite', () => {
    const bytes = new Uint8Array(Float32Array.of(NaN, -3, Infinity, 2).buffer);
    expect(largestOf(elementsOf({ dtype: 'float32', shape: [4], bytes }))).toBe(3);
  });
});

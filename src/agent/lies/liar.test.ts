import { describe, expect, it } from 'vitest';
import { parseJobId } from '../../domain/ids.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { makeLiar, type LiarOptions } from './liar.ts';
import { HONEST_FIRST } from './lies.ts';

const parsed = parseJobId(`job_${'0'.repeat(26)}`);
if (!parsed.ok) throw new Error('a job id');
const job = parsed.value;

const work: StageWork = {
  program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
  inputs: [],
  outputs: [{ name: 'y', dtype: 'float32', rowShape: [3] }],
};
const COUNT = 400;

function truthOf(index: number): Tensor {
  const values = Float32Array.of(index + 1, index + 2, index + 3);
  return { dtype: 'float32', shape: [1, 3], bytes: new Uint8Array(values.buffer) };
}

/** For each of many tasks whether it was lied of. */
function course(changes: Partial<LiarOptions>, count = COUNT): boolean[] {
  const usual = { kind: 'one-element', rate: 1, after: null, secret: '', seed: 1 } as const;
  const liar = makeLiar({ ...usual, ...changes });
  const lied = Array.from({ length: count }, (_, index) => {
    const truth = [truthOf(index)];
    return liar.tell({ work, job, rows: { start: index, end: index + 1 } }, truth) !== truth;
  });
  expect(liar.lieCount()).toBe(lied.filter(Boolean).length);
  return lied;
}

describe('a liar', () => {
  it.each([
    [1, COUNT, COUNT],
    [0.5, 0.4 * COUNT, 0.6 * COUNT],
    [0.05, 1, 0.1 * COUNT],
  ])('with a rate of %d lies that often', (rate, least, most) => {
    const lies = course({ rate }).filter(Boolean).length;
    expect(lies).toBeGreaterThanOrEqual(least);
    expect(lies).toBeLessThanOrEqual(most);
  });

  it.each([
    ['one-element', null, 0],
    ['one-element', 7, 7],
    ['honest-then-lying', null, HONEST_FIRST],
    ['honest-then-lying', 0, 0],
    ['stale-result', null, 1],
  ] as const)(
    'of %s, told to wait for %j results, tells %i rightly first',
    (kind, after, first) => {
      expect(course({ kind, after }).indexOf(true)).toBe(first);
    },
  );

  it('lies the same under the same seed, and otherwise under another', () => {
    expect(course({ rate: 0.5 })).toEqual(course({ rate: 0.5 }));
    expect(course({ rate: 0.5, seed: 2 })).not.toEqual(course({ rate: 0.5 }));
  });

  it.each([
    ['colluding-pair', true],
    ['one-element', false],
  ] as const)('of %s lies of the same tasks as others with its secret: %s', (kind, same) => {
    const [one, two] = [1, 2].map((seed) => course({ kind, rate: 0.5, secret: 's', seed }));
    expect(JSON.stringify(one) === JSON.stringify(two)).toBe(same);
  });

  it('of a pair lies of other tasks than a pair with another secret', () => {
    const [one, two] = ['s', 't'].map((secret) => {
      return course({ kind: 'colluding-pair', rate: 0.5, secret });
    });
    expect(one).not.toEqual(two);
  });

  it('tells no lie that is true by chance', () => {
    const zeros = [{ ...truthOf(0), bytes: new Uint8Array(12) }];
    const liar = makeLiar({ kind: 'zero-tail', rate: 1, after: null, secret: '', seed: 1 });
    expect(liar.tell({ work, job, rows: { start: 0, end: 1 } }, zeros)).toBe(zeros);
    expect(liar.lieCount()).toBe(0);
  });
});

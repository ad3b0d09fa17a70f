import { describe, expect, it } from 'vitest';
import { KERNEL_THREADS_MAX } from '../../domain/limits.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { serveThread } from './serve-thread.ts';
import { DONE, FILLED, fillParts, sharedBytes, sharedParts, takePart } from './shared-product.ts';
import type { FromThread } from './thread-message.ts';

function tensor(shape: readonly [number, number], from: number): Tensor {
  const bytes = Uint8Array.from({ length: shape[0] * shape[1] }, (_, at) => (from + at) & 127);
  return { dtype: 'uint8', shape, bytes };
}

const [LEFT, RIGHT, RESULT] = [tensor([3, 5], 1), tensor([5, 90], 2), tensor([3, 90], 0)];
const PRODUCT = {
  call: { operator: 'qmatmul', inputs: [LEFT, RIGHT] },
  ...{ left: LEFT, right: RIGHT, result: RESULT },
} as const;
const COLUMNS = [
  { start: 16, end: 48 },
  { start: 48, end: 90 },
] as const;

function parts(columns: readonly { readonly start: number; readonly end: number }[] = COLUMNS) {
  const memory = new SharedArrayBuffer(sharedBytes(PRODUCT, columns));
  return { memory, shared: sharedParts(PRODUCT, { memory, parts: columns }) };
}

describe('a product in memory that threads share', () => {
  it('lies where nothing else does, and signals where no operand ever lies', () => {
    const { memory, shared } = parts();
    const tensors = [...shared.flatMap(({ right, result }) => [right, result])];
    const spans = [shared[0]?.left, ...tensors].map((one) => [
      one?.bytes.byteOffset ?? NaN,
      (one?.bytes.byteOffset ?? NaN) + (one?.bytes.byteLength ?? NaN),
    ]);
    const sorted = spans.toSorted(([a = 0], [b = 0]) => a - b);
    // Whatever the number of parts was before, and will be.
    const signalsEnd = KERNEL_THREADS_MAX * 64;
    const ends = [signalsEnd, ...sorted.map(([, end]) => end)];
    expect(sorted.every(([start = NaN], index) => start >= (ends[index] ?? NaN))).toBe(true);
    expect(ends.at(-1)).toBeLessThanOrEqual(memory.byteLength);
    expect(shared.map(({ signals }) => signals.byteOffset)).toEqual([0, 64]);
  });

  it('has the columns of each part, and tells that they are there', () => {
    const { shared } = parts();
    fillParts(PRODUCT, { parts: shared, turn: 9 });
    for (const { left, right, columns, signals } of shared) {
      expect([...left.bytes]).toEqual([...LEFT.bytes]);
      const rows = Array.from({ length: 5 }, (_, row) => [
        ...RIGHT.bytes.slice(row * 90 + columns.start, row * 90 + columns.end),
      ]);
      expect([...right.bytes]).toEqual(rows.flat());
      expect([signals[FILLED], signals[DONE]]).toEqual([9, 0]);
    }
  });

  it('gives the columns of its result back, and no others', () => {
    const { shared } = parts();
    const result = { ...RESULT, bytes: new Uint8Array(3 * 90).fill(200) };
    for (const [index, part] of shared.entries()) {
      part.result.bytes.fill(index + 1);
      takePart({ ...PRODUCT, result }, part);
    }
    const row = Array.from({ length: 90 }, (_, at) => (at < 16 ? 200 : at < 48 ? 1 : 2));
    expect([...result.bytes]).toEqual([...row, ...row, ...row]);
  });

  it('is given up by a thread whose operands do not come', async () => {
    const answers: FromThread[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const take = serveThread((answer) => {
      answers.push(answer);
      resolve();
    });
    take({ kind: 'open', build: 'plain', dotProduct: 'fused' });
    await promise;
    const [part] = parts().shared;
    if (part === undefined) throw new Error('there is a part');
    const { call, result, signals } = part;
    take({ kind: 'run', turn: 1, call, result, signals });
    expect(answers).toEqual([
      { kind: 'done', turn: 0 },
      { kind: 'failed', why: 'the operands did not come' },
    ]);
  });
});

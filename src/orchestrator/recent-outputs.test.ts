import { describe, expect, it } from 'vitest';
import type { LeaseId } from '../domain/ids.ts';
import { RECENT_OUTPUTS_BYTES_MAX, TINY_CHECK_BYTES_MAX } from '../domain/limits.ts';
import type { TaskOutput } from '../domain/work.ts';
import { recentOutputs } from './recent-outputs.ts';

const leaseOf = (number: number) => `lease_${String(number).padStart(26, '0')}` as LeaseId;
const outputOf = (fill: number, size = 4): TaskOutput => [
  {
    dtype: 'uint8',
    shape: [size],
    source: { kind: 'inline', bytes: new Uint8Array(size).fill(fill) },
  },
];
const result = (number: number, output = outputOf(number)) => ({ lease: leaseOf(number), output });

describe('recent outputs', () => {
  it('are at hand while they are stored and after', () => {
    const recent = recentOutputs();
    recent.keep([result(1)]);
    expect(recent.of(leaseOf(1))).toEqual(outputOf(1));
    recent.settle([result(1)], true);
    expect(recent.of(leaseOf(1))).toEqual(outputOf(1));
    expect(recent.of(leaseOf(2))).toBe(null);
  });

  it('are forgotten where they did not become durable', () => {
    const recent = recentOutputs();
    recent.keep([result(1)]);
    recent.settle([result(1)], false);
    expect(recent.of(leaseOf(1))).toBe(null);
  });

  it.each([
    ['both stored', [true, true]],
    ['the first not stored', [false, true]],
    ['the second not stored', [true, false]],
  ])('are the store’s to tell of a lease reported twice at once: %s', (_, stored) => {
    const recent = recentOutputs();
    recent.keep([result(1, outputOf(1))]);
    recent.keep([result(1, outputOf(2))]);
    for (const one of stored) {
      expect(recent.of(leaseOf(1))).toBe(null);
      recent.settle([result(1)], one);
    }
    expect(recent.of(leaseOf(1))).toBe(null);
  });

  it('do not change with the message that they came in', () => {
    const recent = recentOutputs();
    const bytes = Uint8Array.of(1, 2);
    recent.keep([result(1, [{ dtype: 'uint8', shape: [2], source: { kind: 'inline', bytes } }])]);
    bytes.fill(9);
    expect(recent.of(leaseOf(1))).toMatchObject([{ source: { bytes: Uint8Array.of(1, 2) } }]);
  });

  it('are those up to the size of tiny checks', () => {
    const recent = recentOutputs();
    recent.keep([
      result(1, outputOf(1, TINY_CHECK_BYTES_MAX)),
      result(2, outputOf(2, TINY_CHECK_BYTES_MAX + 1)),
    ]);
    expect(recent.of(leaseOf(1))).not.toBe(null);
    expect(recent.of(leaseOf(2))).toBe(null);
  });

  it('make room for newer ones, but never while they are being stored', () => {
    const recent = recentOutputs();
    const fitting = Math.floor(RECENT_OUTPUTS_BYTES_MAX / (TINY_CHECK_BYTES_MAX + 512));
    const large = (number: number) => result(number, outputOf(1, TINY_CHECK_BYTES_MAX));
    recent.keep([large(0)]);
    for (let number = 1; number <= fitting; number++) {
      recent.keep([large(number)]);
      recent.settle([large(number)], true);
    }
    expect(recent.of(leaseOf(0))).not.toBe(null);
    expect(recent.of(leaseOf(1))).toBe(null);
    expect(recent.of(leaseOf(fitting))).not.toBe(null);
  });
});

import { describe, expect, it } from 'vitest';
import { LEASES_MAX } from '../../domain/limits.ts';
import { RememberedOutputs } from './remembered-outputs.ts';
import { leaseOf, outputOf } from './store.contract.ts';

const FORGOTTEN = 20_000;

function holding(...leases: number[]): RememberedOutputs {
  const remembered = new RememberedOutputs();
  for (const lease of leases) {
    remembered.add({ lease: leaseOf(lease), output: outputOf(lease % 256), byteLength: 10 });
  }
  return remembered;
}

describe('remembered outputs', () => {
  it('are found by lease until they are forgotten', () => {
    const remembered = holding(3, 1, 2);
    remembered.forget(leaseOf(1));
    expect([0, 1, 2, 3].map((lease) => remembered.get(leaseOf(lease)))).toEqual([
      null,
      null,
      outputOf(2),
      outputOf(3),
    ]);
    expect(remembered.byteLength).toBe(20);
  });

  it('go the oldest first', () => {
    const remembered = holding(3, 1, 2);
    remembered.shrink(20);
    expect([1, 2, 3].map((lease) => remembered.has(leaseOf(lease)))).toEqual([true, true, false]);
  });

  it('are not those of another use of the same slot', () => {
    const remembered = holding(5);
    expect(remembered.has(leaseOf(5 + LEASES_MAX))).toBe(false);
    remembered.forget(leaseOf(5 + LEASES_MAX));
    expect(remembered.has(leaseOf(5))).toBe(true);
    remembered.add({ lease: leaseOf(5 + LEASES_MAX), output: outputOf(9), byteLength: 7 });
    expect([remembered.has(leaseOf(5)), remembered.byteLength]).toEqual([false, 7]);
  });

  it('keep their order while many others come and go', () => {
    const remembered = holding(1, 2);
    for (let lease = 10; lease < FORGOTTEN; lease++) {
      remembered.add({ lease: leaseOf(lease), output: outputOf(0), byteLength: 1 });
      remembered.forget(leaseOf(lease));
    }
    remembered.add({ lease: leaseOf(3), output: outputOf(3), byteLength: 10 });
    remembered.shrink(20);
    expect([1, 2, 3].map((lease) => remembered.has(leaseOf(lease)))).toEqual([false, true, true]);
  });
});

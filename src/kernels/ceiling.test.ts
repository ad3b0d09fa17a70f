import { describe, expect, it } from 'vitest';
import { CEILING_BYTES_MAX } from '../domain/limits.ts';
import { openCeiling } from './ceiling.ts';

function opened() {
  const ceiling = openCeiling();
  if (!ceiling.ok) throw new Error(ceiling.failure.message);
  return ceiling.value;
}

describe('the loops of a ceiling', () => {
  it('count operations by their turns, of bytes four times as many as of floats', () => {
    const { multiplyFloats, multiplyBytes } = opened();
    const ofOne = multiplyFloats(1);
    expect(ofOne).toBeGreaterThan(0);
    expect(multiplyFloats(10)).toBe(10 * ofOne);
    expect(multiplyBytes.map((loop) => loop(10))).toEqual([40 * ofOne, 40 * ofOne]);
  });

  it.each(['readMemory', 'copyMemory'] as const)(
    '%s takes as much memory as it may, and no more',
    (name) => {
      const ceiling = opened();
      expect(() => ceiling[name](1024 * 1024)).not.toThrow();
      expect(() => ceiling[name](CEILING_BYTES_MAX + 1)).toThrow('no more memory than its limit');
    },
  );
});

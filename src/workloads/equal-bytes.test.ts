import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalBytes } from './equal-bytes.ts';

it('tells arrays of the same bytes from all others, wherever they lie', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const offset = fc.nat(5);
  fc.assert(
    fc.property(bytes, offset, offset, fc.nat(), (content, first, second, at) => {
      const [left, right] = [moved(content, first), moved(content, second)];
      expect(equalBytes(left, right)).toBe(true);
      expect(equalBytes(left, moved(Uint8Array.from([...content, 0]), second))).toBe(false);
      const index = content.length === 0 ? 0 : at % content.length;
      right[index] = (right[index] ?? 0) ^ 1;
      expect(equalBytes(left, right)).toBe(content.length === 0);
    }),
  );
});

function moved(content: Uint8Array, offset: number): Uint8Array {
  const whole = new Uint8Array(offset + content.length);
  whole.set(content, offset);
  return whole.subarray(offset);
}

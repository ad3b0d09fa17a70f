import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCanonical, encodeCanonical, type CanonicalValue } from './canonical-bytes.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

const { value: canonicalValue } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('canonical bytes', () => {
  it('give back the value they were made of', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        expect(decodeCanonical(encodeCanonical(value))).toEqual({ ok: true, value });
      }),
    );
  });

  it('do not depend on the order in which a map was written', () => {
    const bytes = encodeCanonical({ size: 3, v: 1, leaves: 'x' });
    expect(encodeCanonical({ v: 1, leaves: 'x', size: 3 })).toEqual(bytes);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      'a3617601' + '6473697a6503' + '666c65617665736178',
    );
  });

  it('are the only bytes that decode to their value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeCanonical(bytes);
        fc.pre(decoded.ok);
        expect(encodeCanonical(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a long form of a short integer', '1801'],
    ['a float', 'f93c00'],
    ['a float of 64 bits', 'fb3ff8000000000000'],
    ['infinity', 'f97c00'],
    ['undefined', 'f7'],
    ['a tag', 'c074323031332d30332d32315432303a30343a30305a'],
    ['an array of no stated length', '9f01ff'],
    ['a map of no stated length', 'bf616101ff'],
    ['keys in another order', 'a2616201616102'],
    ['a key twice', 'a2616101616102'],
    ['an integer as a key', 'a10101'],
    ['bytes behind the value', '0101'],
    ['bytes that end early', '5820aa'],
    ['a claim of four billion items', '9affffffff'],
    ['an integer beyond 2^53', '1b7fffffffffffffff'],
    ['text that is not UTF-8', '61ff'],
    ['nesting of a thousand arrays', '81'.repeat(1000) + '01'],
    ['nesting of a hundred thousand arrays', '81'.repeat(100_000) + '01'],
  ])('refuse %s', (_, text) => {
    expect(decodeCanonical(hex(text))).toMatchObject({
      ok: false,
      failure: { code: 'input_malformed' },
    });
  });

  it('keep a key named __proto__ from becoming a prototype', () => {
    const bytes = hex('a1' + '695f5f70726f746f5f5f' + 'a1616101');
    const decoded = decodeCanonical(bytes);
    expect(decoded.ok).toBe(true);
    expect(Object.keys(decoded.ok ? (decoded.value ?? {}) : {})).toEqual(['__proto__']);
  });

  it('do not exist for floats, unsafe integers, minus zero and half surrogate pairs', () => {
    for (const value of [1.5, 2 ** 53, -0, Number.NaN, '\ud800', { '\ud800': 1 }, [0.5]]) {
      expect(() => encodeCanonical(value)).toThrow('broken invariant');
    }
  });
});

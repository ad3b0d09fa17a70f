import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanonicalValue } from '../integrity/index.ts';
import { dataFromJson, dataToJson } from './data-json.ts';

// A map with the one key that means bytes reads as bytes: only for people.
const key = fc.string().filter((text) => text !== '/' && text !== '__proto__');
const { value: data } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('data as JSON', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = JSON.stringify(dataToJson(value));
        expect(dataFromJson(JSON.parse(text))).toEqual(value);
      }),
    );
  });

  it('are none with fractions, or with bytes that are none', () => {
    for (const json of [0.5, [1, 0.5], { a: { b: 1e300 } }, { '/': { bytes: '?' } }, { '/': 1 }]) {
      expect(dataFromJson(json)).toBeUndefined();
    }
    expect(dataFromJson({ '/': { bytes: 'AQL/' } })).toEqual(Uint8Array.of(1, 2, 255));
    expect(dataFromJson({ '/': { bytes: 'AQL_' } })).toEqual(Uint8Array.of(1, 2, 255));
  });
});

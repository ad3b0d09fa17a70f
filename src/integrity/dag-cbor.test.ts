import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentId } from '../domain/ids.ts';
import { leafIdFrom } from './content-id.ts';
import { ContentLink, decodeLinked, encodeLinked, type LinkedValue } from './dag-cbor.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const digest = 'ab'.repeat(32);
const link = new ContentLink(leafIdFrom(hex(digest)));

const { value: linkedValue } = fc.letrec<{ value: LinkedValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => new ContentLink(leafIdFrom(bytes))),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('linked values', () => {
  it('give back the value they were made of', () => {
    fc.assert(
      fc.property(linkedValue, (value) => {
        expect(decodeLinked(encodeLinked(value))).toEqual({ ok: true, value });
      }),
    );
  });

  it('write a link as tag 42 of a zero byte and the CID', () => {
    const bytes = encodeLinked({ source: link });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `a166${Buffer.from('source').toString('hex')}d82a58250001551220${digest}`,
    );
  });

  it('are the only bytes that decode to their value, and any bytes give an outcome', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeLinked(bytes);
        fc.pre(decoded.ok);
        expect(encodeLinked(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a float', 'f93c00'],
    ['another tag', 'c101'],
    ['a link without its zero byte', `d82a582401551220${digest}`],
    ['a link to another codec', `d82a58250001721220${digest}`],
    ['a link to another hash', `d82a58250001551320${digest}`],
    ['a link cut short', `d82a58240001551220${digest.slice(2)}`],
    ['a link that is text', 'd82a6161'],
    ['a link around a link', `d82ad82a58250001551220${digest}`],
    ['tag 42 in a long form', `d9002a58250001551220${digest}`],
    ['keys in another order', 'a2616201616102'],
    ['a key twice', 'a2616101616102'],
    ['no stated length', '9f01ff'],
    ['a link as a key', `a1d82a58250001551220${digest}01`],
  ])('refuse %s', (_, text) => {
    expect(decodeLinked(hex(text))).toMatchObject({
      ok: false,
      failure: { code: 'input_malformed' },
    });
  });

  it('are not made of an id that is no CID', () => {
    // What no checked constructor gives.
    const wrong = new ContentLink('bafkrei' as ContentId);
    expect(() => encodeLinked(wrong)).toThrow('broken invariant');
  });
});

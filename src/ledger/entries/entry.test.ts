import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ENTRY_BODY_BYTES_MAX,
  ENTRY_BYTES_MAX,
  ENTRY_TAGS_BYTES_MAX,
  ENTRY_TAGS_MAX,
} from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import {
  encodeCanonical,
  generateSigningKey,
  importSigningKey,
  messageSignerOf,
  type MessageSigner,
} from '../../integrity/index.ts';
import { deepHash } from './deep-hash.ts';
import { decodeEntry, encodeEntry } from './entry-bytes.ts';
import { entryIdOf, type EntryDraft } from './entry.ts';
import { decodeTags, encodeTags } from './entry-tags.ts';
import { signEntry } from './sign-entry.ts';
import { verifyEntry } from './verify-entry.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

type Published = {
  readonly secret: string;
  readonly items: readonly {
    readonly name: string;
    readonly target?: string;
    readonly anchor: string;
    readonly tags: readonly { readonly name: string; readonly value: string }[];
    readonly body: string;
    readonly id: string;
    readonly deepHash: string;
    readonly bytes: string;
  }[];
};
const published = JSON.parse(
  readFileSync(new URL('ans104-items.json', import.meta.url), 'utf8'),
) as Published;

let signer: MessageSigner;
const draft: EntryDraft = {
  target: null,
  anchor: new Uint8Array(32).fill(7),
  tags: [{ name: 'App', value: 'manyhands' }],
  body: encodeCanonical({ kind: 'test', v: 1 }),
};

beforeAll(async () => {
  signer = messageSignerOf(must(await generateSigningKey({ extractable: false })));
});

describe('data items of another implementation', () => {
  it.each(published.items)('$name: has the same deep hash, id and bytes here', async (item) => {
    const pkcs8 = hex(`302e020100300506032b657004220420${published.secret}`);
    const key = messageSignerOf(must(await importSigningKey(pkcs8)));
    const { entry, parts } = must(decodeEntry(hex(item.bytes)));
    expect(Buffer.from(deepHash(parts)).toString('hex')).toBe(item.deepHash);
    expect(await entryIdOf(entry)).toBe(item.id);
    expect(must(await verifyEntry(hex(item.bytes))).id).toBe(item.id);
    expect(entry.tags).toEqual(item.tags);
    const again = await signEntry(key, {
      target: item.target === undefined ? null : hex(item.target),
      anchor: hex(item.anchor),
      tags: item.tags,
      body: hex(item.body),
    });
    expect(Buffer.from(again).toString('hex')).toBe(item.bytes);
  });
});

describe('an entry', { timeout: 60_000 }, () => {
  it('comes back from its bytes as it was signed', async () => {
    for (const target of [null, new Uint8Array(32).fill(9)]) {
      const bytes = await signEntry(signer, { ...draft, target });
      const { entry } = must(await verifyEntry(bytes));
      expect(entry).toMatchObject({ ...draft, target });
      expect(encodeEntry(entry)).toEqual(bytes);
    }
  });

  it('is refused with any of its bytes changed, or one more or less', async () => {
    const bytes = await signEntry(signer, draft);
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 4;
      expect((await verifyEntry(changed)).ok).toBe(false);
    }
    expect((await verifyEntry(bytes.subarray(0, -1))).ok).toBe(false);
    expect((await verifyEntry(Uint8Array.of(...bytes, 0))).ok).toBe(false);
    expect((await verifyEntry(bytes)).ok).toBe(true);
  });

  it('under a key of small order, or signed by no one, is refused', async () => {
    const bytes = await signEntry(signer, draft);
    const small = bytes.slice();
    small.fill(0, 66, 98);
    expect(await verifyEntry(small)).toMatchObject({ failure: { code: 'key_unusable' } });
    const unsigned = bytes.slice();
    unsigned.fill(0, 2, 66);
    expect(await verifyEntry(unsigned)).toMatchObject({ failure: { code: 'signature_invalid' } });
  });

  it('without an anchor is refused', async () => {
    const bytes = await signEntry(signer, draft);
    const without = Uint8Array.of(...bytes.slice(0, 99), 0, ...bytes.slice(132));
    expect(decodeEntry(without)).toMatchObject({ failure: { code: 'input_invalid' } });
  });

  it('has at most the bytes that a bundle can hold, with all tags that may be', async () => {
    const tags = Array.from({ length: 3 }, (_, index) => ({
      name: `${index}`.repeat(64),
      value: 'v'.repeat(256),
    }));
    const body = encodeCanonical(new Uint8Array(ENTRY_BODY_BYTES_MAX - 3));
    expect(body.byteLength).toBe(ENTRY_BODY_BYTES_MAX);
    const target = new Uint8Array(32);
    const bytes = await signEntry(signer, { ...draft, target, tags, body });
    expect(bytes.byteLength).toBeLessThanOrEqual(ENTRY_BYTES_MAX);
    expect((await verifyEntry(bytes)).ok).toBe(true);
    expect(180 + ENTRY_TAGS_BYTES_MAX + ENTRY_BODY_BYTES_MAX).toBe(ENTRY_BYTES_MAX);
    const larger = encodeCanonical(new Uint8Array(ENTRY_BODY_BYTES_MAX - 2));
    await expect(signEntry(signer, { ...draft, body: larger })).rejects.toThrow('invariant');
    const long = new Uint8Array(ENTRY_BYTES_MAX + 1);
    expect(decodeEntry(long)).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });

  it.each([
    ['a float', 'f93c00'],
    ['nothing', ''],
    ['another tag than a link', 'c101'],
    ['bytes behind it', '0101'],
    ['a long form', '1801'],
  ])('whose body is %s is refused', async (_, text) => {
    const bytes = await signEntry(signer, draft);
    const changed = Uint8Array.of(...bytes.slice(0, -draft.body.byteLength), ...hex(text));
    expect(decodeEntry(changed)).toMatchObject({ failure: { code: 'input_malformed' } });
    await expect(signEntry(signer, { ...draft, body: hex(text) })).rejects.toThrow('invariant');
  });

  it('of any bytes is an outcome, and encodes to the bytes it was decoded from', async () => {
    const valid = await signEntry(signer, draft);
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.byteLength - 1), fc.nat(255)), { maxLength: 3 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    let decodedCount = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const decoded = decodeEntry(bytes);
        if (!decoded.ok) return;
        decodedCount += 1;
        expect(encodeEntry(decoded.value.entry)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
    expect(decodedCount).toBeGreaterThan(100);
  });
});

describe('tags', () => {
  const text = (max: number) =>
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: max }).filter((value) => {
      const byteLength = new TextEncoder().encode(value).byteLength;
      return byteLength <= max && value === value.toWellFormed();
    });

  it('come back from their bytes', () => {
    const tags = fc.array(fc.record({ name: text(8), value: text(20) }), { maxLength: 16 });
    fc.assert(
      fc.property(tags, (list) => {
        expect(decodeTags(encodeTags(list), list.length)).toEqual(list);
      }),
    );
  });

  it('of any bytes are none, or those that are encoded so', () => {
    const near = fc
      .array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 })
      .map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 40 })), fc.nat(4), (bytes, count) => {
        const list = decodeTags(bytes, count);
        fc.pre(list !== null);
        expect(encodeTags(list)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['a count of blocks that is negative', '01 02 02 61 02 62 00', 1],
    ['two blocks', '02 02 61 02 62 02 02 61 02 62 00', 2],
    ['no end', '02 02 61 02 62', 1],
    ['bytes behind the end', '02 02 61 02 62 00 00', 1],
    ['an empty name', '02 00 02 62 00', 1],
    ['a count in a long form', '82 00 02 61 02 62 00', 1],
    ['a name that is not UTF-8', '02 02 ff 02 62 00', 1],
    ['another count than was said', '02 02 61 02 62 00', 2],
    ['an end although there are none', '00', 0],
  ])('with %s are refused', (_, bytes, count) => {
    expect(decodeTags(hex(bytes.replaceAll(' ', '')), count)).toBeNull();
    expect(decodeTags(hex('020261026200'), 1)).toEqual([{ name: 'a', value: 'b' }]);
  });

  it('above a limit are refused', () => {
    const tag = { name: 'a', value: 'b' };
    const many = (count: number, one = tag) => Array.from({ length: count }, () => one);
    expect(() => encodeTags(many(ENTRY_TAGS_MAX + 1))).toThrow('broken invariant');
    expect(encodeTags(many(ENTRY_TAGS_MAX)).byteLength).toBe(2 + 4 * ENTRY_TAGS_MAX);
    expect(() => encodeTags([{ name: 'n'.repeat(65), value: 'b' }])).toThrow('broken invariant');
    expect(() => encodeTags([{ name: 'n', value: 'v'.repeat(257) }])).toThrow('broken invariant');
    expect(() => encodeTags(many(4, { name: 'n', value: 'v'.repeat(256) }))).toThrow(
      'broken invariant',
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64 } from './base64.ts';

const url = base64({ lastTwo: '-_', isPadded: false });
const padded = base64({ lastTwo: '+/', isPadded: true });

describe('base64', () => {
  it('is what the platform makes of any bytes, and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(url.encode(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(padded.encode(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(url.decode(url.encode(bytes))).toEqual(bytes);
        expect(padded.decode(padded.encode(bytes))).toEqual(bytes);
      }),
    );
  });

  it('is decoded only from the one text that bytes have', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12, unit: 'binary' }), (text) => {
        for (const codec of [url, padded]) {
          const bytes = codec.decode(text);
          expect(bytes === null || codec.encode(bytes) === text).toBe(true);
        }
      }),
    );
    for (const text of ['A', 'AB', 'AAB', 'AA==', 'A*AA', 'AAA=', 'AA A', 'AAA\u0100', '+/', 'é']) {
      expect({ text, bytes: url.decode(text) }).toEqual({ text, bytes: null });
    }
    for (const text of ['AA', 'AAA', 'AAA==', 'AB==', '=', '==', 'A===', 'AAAA=', '-_AA']) {
      expect({ text, bytes: padded.decode(text) }).toEqual({ text, bytes: null });
    }
    expect(url.decode('AA')).toEqual(Uint8Array.of(0));
    expect(padded.decode('AA==')).toEqual(Uint8Array.of(0));
    expect(padded.decode('')).toEqual(new Uint8Array());
  });
});

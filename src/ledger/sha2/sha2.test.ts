import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256, sha256InJavaScript, sha384, sha384InJavaScript } from './sha2.ts';

it('is hashed by WASM here', () => {
  expect(sha256).not.toBe(sha256InJavaScript);
  expect(sha384).not.toBe(sha384InJavaScript);
});

describe.each([
  { name: 'sha256', language: 'WASM', hash: sha256 },
  { name: 'sha256', language: 'JavaScript', hash: sha256InJavaScript },
  { name: 'sha384', language: 'WASM', hash: sha384 },
  { name: 'sha384', language: 'JavaScript', hash: sha384InJavaScript },
])('$name in $language', ({ name, hash }) => {
  const published = (bytes: Uint8Array): string => createHash(name).update(bytes).digest('hex');
  const ours = (...parts: [Uint8Array, Uint8Array?]): string =>
    Buffer.from(hash(...parts)).toString('hex');

  it('is what the platform makes, of each length about the edges of blocks', () => {
    for (let length = 0; length < 400; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 256);
      expect({ length, hash: ours(bytes) }).toEqual({ length, hash: published(bytes) });
    }
  });

  it('is of bytes and those behind them together', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at % 256);
    for (const cut of [0, 1, 48, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 300]) {
      expect(ours(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(published(bytes));
    }
  });

  it('is of more than the memory that it began with, and then again of little', () => {
    for (const length of [65_535, 200_000, 3, 1_000_000]) {
      const bytes = new Uint8Array(length).fill(7);
      expect(ours(bytes)).toBe(published(bytes));
    }
  });
});

it('is right after the memory that both share has grown for the other', () => {
  for (const [hash, name] of [
    [sha256, 'sha256'],
    [sha384, 'sha384'],
    [sha256, 'sha256'],
  ] as const) {
    for (const length of [10, 2_000_000, 4_000_000]) {
      const bytes = new Uint8Array(length).fill(length % 251);
      const ours = Buffer.from(hash(bytes)).toString('hex');
      expect(ours).toBe(createHash(name).update(bytes).digest('hex'));
    }
  }
});

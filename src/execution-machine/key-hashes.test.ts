import { describe, expect, it } from 'vitest';
import { KEY_HASHES_MAX } from '../domain/limits.ts';
import { KeyHashes } from './key-hashes.ts';
import { keyHashOf } from './state-proof.ts';

describe('hashes of keys that are kept', () => {
  it('are those of the function and the key, the first time and later', () => {
    const hashes = new KeyHashes();
    const rows = ['f', 'g', ''].flatMap((id) =>
      ['a', 'b', 'fa'].map((key) => ({ function: id, key })),
    );
    for (const row of [...rows, ...rows]) expect(hashes.of(row)).toEqual(keyHashOf(row));
    expect(hashes.of({ function: 'f', key: 'a' })).toBe(hashes.of({ function: 'f', key: 'a' }));
  });

  it('are forgotten when there are too many, and made again', () => {
    const hashes = new KeyHashes();
    const first = { function: 'f', key: 'first' };
    const kept = hashes.of(first);
    for (let row = 1; row < KEY_HASHES_MAX; row++) hashes.of({ function: 'f', key: `${row}` });
    expect(hashes.of(first)).toBe(kept);
    hashes.of({ function: 'g', key: 'one more' });
    expect(hashes.of(first)).not.toBe(kept);
    expect(hashes.of(first)).toEqual(kept);
  });
});

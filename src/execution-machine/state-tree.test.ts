import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../ledger/hashing.ts';
import {
  EMPTY_HASH,
  hashOfLeaf,
  hashOfTree,
  wayTo,
  withRows,
  type RowChange,
} from './state-tree.ts';

/** Few keys, so that most changes are of rows that are there. */
const KEYS = 40;
const batches = fc.array(
  fc.uniqueArray(
    fc.record({
      key: fc.nat({ max: KEYS - 1 }),
      value: fc.option(fc.nat({ max: 9 }), { freq: 2 }),
    }),
    { selector: ({ key }) => key, maxLength: 30 },
  ),
  { maxLength: 8 },
);

function change(key: number, value: number | null): RowChange {
  const keyHash = sha256(Uint8Array.of(key));
  if (value === null) return { keyHash, value };
  return { keyHash, value: { hash: sha256(Uint8Array.of(value)), text: `0${value}` } };
}

describe('a tree of rows', () => {
  it('depends on the rows that it has, and not on how they came to be there', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const rows = new Map<number, number>();
        let [together, singly] = [withRows(null, []), withRows(null, [])];
        for (const batch of all) {
          const changes = batch.map(({ key, value }) => change(key, value));
          together = withRows(together, [...changes]);
          for (const one of changes) singly = withRows(singly, [one]);
          for (const { key, value } of batch) {
            if (value === null) rows.delete(key);
            else rows.set(key, value);
          }
        }
        const fresh = withRows(
          null,
          [...rows].map(([key, value]) => change(key, value)),
        );
        expect(together).toEqual(fresh);
        expect(singly).toEqual(fresh);
        for (let key = 0; key < KEYS; key++) {
          const { keyHash } = change(key, null);
          const { end } = wayTo(fresh, keyHash);
          const isThere = end !== null && Buffer.from(end.keyHash).equals(keyHash);
          expect(isThere ? end.text : null).toBe(rows.has(key) ? `0${rows.get(key)}` : null);
        }
      }),
    );
  });

  it('is its one row, or nothing', () => {
    const row = change(1, 2);
    const tree = withRows(null, [row]);
    expect(hashOfTree(tree)).toEqual(hashOfLeaf(row.keyHash, row.value!.hash));
    expect(hashOfTree(withRows(tree, [change(1, null)]))).toEqual(EMPTY_HASH);
    expect(withRows(tree, [change(2, null)])).toBe(tree);
  });

  it('leaves a former tree as it was', () => {
    const former = withRows(null, [change(1, 1), change(2, 2), change(3, 3)]);
    const root = hashOfTree(former);
    const later = withRows(former, [change(1, 5), change(2, null)]);
    expect(hashOfTree(later)).not.toEqual(root);
    expect(wayTo(former, change(1, null).keyHash).end?.text).toBe('01');
    expect(hashOfTree(withRows(later, [change(1, 1), change(2, 2)]))).toEqual(root);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPowerOfTwo, provesConsistency } from './consistency-proof.ts';
import { Frontier } from './frontier.ts';
import { EMPTY_ROOT, leafHash, rowHash } from './hashes.ts';
import { provesInclusion } from './inclusion-proof.ts';
import { reference } from './reference-tree.contract.ts';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => reference.leaf(Buffer.from(`leaf ${index}`)));

const published = JSON.parse(
  readFileSync(new URL('published-proofs.json', import.meta.url), 'utf8'),
) as { readonly inclusion: readonly string[]; readonly consistency: readonly string[] };
const bytesOf = (text = ''): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const hashesOf = (text = ''): Uint8Array[] =>
  text === '' ? [] : text.split(' ').map((hash) => bytesOf(hash === '-' ? '' : hash));

describe('published vectors', () => {
  it("give Certificate Transparency's roots", async () => {
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const roots = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    const frontier = new Frontier();
    const found = [hexOf(frontier.root())];
    for (const entry of entries) {
      frontier.append(await leafHash(new Uint8Array(Buffer.from(entry, 'hex'))));
      found.push(hexOf(frontier.root()));
    }
    expect(found).toEqual(roots);
  });

  it('of inclusion get the published verdicts', () => {
    const wrong = published.inclusion.filter((line) => {
      const [, index, size, root, leaf, hashes, verdict] = line.split('|');
      const holds = provesInclusion({
        index: Number(index),
        size: Number(size),
        root: bytesOf(root),
        leaf: bytesOf(leaf),
        hashes: hashesOf(hashes),
      });
      return holds !== (verdict === 'valid');
    });
    expect(wrong).toEqual([]);
    expect(published.inclusion.length).toBe(98);
  });

  it('of consistency get the published verdicts', () => {
    const wrong = published.consistency.filter((line) => {
      const [, size1, size2, root1, root2, hashes, verdict] = line.split('|');
      const holds = provesConsistency({
        older: { size: Number(size1), root: bytesOf(root1) },
        newer: { size: Number(size2), root: bytesOf(root2) },
        hashes: hashesOf(hashes),
      });
      return holds !== (verdict === 'valid');
    });
    // Its roots have 13 bytes, which no root of ours has.
    const names = wrong.map((line) => line.split('|')[0]);
    expect(names).toEqual(['consistency/additional/sizes-are-equal-one-and-proof-is-empty']);
    expect(published.consistency.length).toBe(98);
  });
});

describe('a tree of any size', { timeout: 60_000 }, () => {
  it('has the root that RFC 6962 writes down', () => {
    const leaves = leavesOf(600);
    const frontier = new Frontier();
    expect(frontier.root()).toEqual(EMPTY_ROOT);
    const wrong: number[] = [];
    for (const [index, leaf] of leaves.entries()) {
      frontier.append(leaf);
      const isLookedAt = index % 7 === 0 || index > 500 || (index > 250 && index < 260);
      if (!isLookedAt) continue;
      const root = reference.root(leaves.slice(0, index + 1));
      if (hexOf(frontier.root()) !== hexOf(root)) wrong.push(index);
    }
    expect(wrong).toEqual([]);
  });

  it('makes a tile full every 256 leaves, and one above every 65,536', () => {
    const frontier = new Frontier();
    const full: string[] = [];
    const [leaf = EMPTY_ROOT] = leavesOf(1);
    for (let count = 0; count < 65_536; count++) {
      for (const { id } of frontier.append(leaf)) full.push(`${id.level}/${id.index}`);
    }
    expect(full.length).toBe(257);
    expect(full.slice(-2)).toEqual(['0/255', '1/0']);
    expect(frontier.partialTiles().map(({ id }) => id)).toEqual([{ level: 2, index: 0, width: 1 }]);
  });

  it('goes on from its partial tiles alone', () => {
    const leaves = leavesOf(700);
    for (const size of [0, 1, 255, 256, 257, 511, 512, 513]) {
      const first = new Frontier();
      for (const leaf of leaves.slice(0, size)) first.append(leaf);
      const rows: Uint8Array[] = [];
      for (const { id, hashes } of first.partialTiles()) {
        while (rows.length < id.level) rows.push(new Uint8Array());
        rows.push(hashes);
      }
      const second = Frontier.of(size, rows);
      expect(hexOf(second.root())).toBe(hexOf(first.root()));
      for (const leaf of leaves.slice(size)) second.append(leaf);
      expect(hexOf(second.root())).toBe(hexOf(reference.root(leaves)));
    }
  });

  it('hashes a row of any width as a tree of its own', () => {
    const leaves = leavesOf(256);
    for (const width of [1, 2, 3, 128, 255, 256]) {
      const row = new Uint8Array(Buffer.concat(leaves.slice(0, width)));
      expect(hexOf(rowHash(row))).toBe(hexOf(reference.root(leaves.slice(0, width))));
    }
  });
});

describe('proofs', () => {
  const leaves = leavesOf(40);
  const sizes = fc.integer({ min: 1, max: 40 });

  it('of the definition hold for every leaf and size, and for no other leaf', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, any) => {
        const index = any % size;
        const within = leaves.slice(0, size);
        const claim = {
          index,
          size,
          root: reference.root(within),
          leaf: leaves[index] ?? EMPTY_ROOT,
          hashes: reference.path(index, within),
        };
        expect(provesInclusion(claim)).toBe(true);
        const other = leaves[(index + 1) % leaves.length] ?? EMPTY_ROOT;
        expect(provesInclusion({ ...claim, leaf: other })).toBe(false);
        expect(provesInclusion({ ...claim, index: size })).toBe(false);
        expect(provesInclusion({ ...claim, hashes: [...claim.hashes, EMPTY_ROOT] })).toBe(false);
      }),
    );
  });

  it('of consistency hold for every pair of sizes, and for no other root', () => {
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [olderSize, newerSize] = [Math.min(a, b), Math.max(a, b)];
        const head = (size: number) => ({ size, root: reference.root(leaves.slice(0, size)) });
        const hashes = reference.consistency(olderSize, leaves.slice(0, newerSize));
        const claim = { older: head(olderSize), newer: head(newerSize), hashes };
        expect(provesConsistency(claim)).toBe(true);
        const forged = { ...claim.older, root: EMPTY_ROOT };
        expect(provesConsistency({ ...claim, older: forged })).toBe(false);
        expect(provesConsistency({ ...claim, newer: { ...claim.newer, root: EMPTY_ROOT } })).toBe(
          false,
        );
      }),
    );
  });

  it('of any hashes give a verdict, whatever the sizes', () => {
    const hash = fc.uint8Array({ minLength: 31, maxLength: 33 });
    const size = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.double(), fc.maxSafeInteger());
    fc.assert(
      fc.property(size, size, hash, fc.array(hash, { maxLength: 70 }), (a, b, root, hashes) => {
        expect(provesInclusion({ index: a, size: b, leaf: root, root, hashes })).toBe(
          a === 0 && b === 1 && hashes.length === 0 && root.byteLength === 32,
        );
        const older = { size: a, root: EMPTY_ROOT };
        expect(provesConsistency({ older, newer: { size: b, root }, hashes })).toBe(
          a === 0 &&
            b > 0 &&
            Number.isInteger(b) &&
            b <= 2 ** 40 &&
            root.byteLength === 32 &&
            hashes.length === 0,
        );
      }),
    );
  });

  it('leave the first hash out where the old tree is perfect', () => {
    expect([1, 2, 3, 4, 6, 8, 2 ** 40].map(isPowerOfTwo)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
    expect(isPowerOfTwo(0)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../domain/outcome.ts';
import { decodeBundle, encodeBundle } from './entry-bundle.ts';
import { provesConsistency } from './consistency-proof.ts';
import { provesInclusion } from './inclusion-proof.ts';
import { LogTree } from './log-tree.ts';
import { filesOf, memoryFiles, numbered } from './memory-files.contract.ts';
import { reference } from './reference-tree.contract.ts';
import { parseTilePath, tilePath } from './tile-path.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const entries = numbered(66_000);
const log = await filesOf(entries);
const leaves = entries.map(reference.leaf);
const proofInvalid = { ok: false, failure: { code: 'proof_invalid' } };

describe('a client with tiles alone', () => {
  it('proves inclusion as RFC 6962 does', async () => {
    const small = await filesOf(entries.slice(0, 777));
    const tree = must(await LogTree.open(small.reader, small.head));
    for (const index of [0, 1, 255, 256, 511, 512, 767, 768, 776]) {
      const hashes = must(await tree.inclusionProof(index));
      expect(hashes).toEqual(reference.path(index, leaves.slice(0, 777)));
    }
  });

  it('proves consistency as RFC 6962 does, and knows every former root', async () => {
    const small = await filesOf(entries.slice(0, 777));
    const tree = must(await LogTree.open(small.reader, small.head));
    for (const size of [0, 1, 2, 3, 128, 255, 256, 257, 512, 600, 776, 777]) {
      const former = leaves.slice(0, size);
      expect(must(await tree.rootAt(size))).toEqual(reference.root(former));
      const hashes = must(await tree.consistencyProof(size));
      expect(hashes).toEqual(size === 0 ? [] : reference.consistency(size, leaves.slice(0, 777)));
    }
  });

  it('does so over three levels, reading a handful of files', async () => {
    const tree = must(await LogTree.open(log.reader, log.head));
    log.reader.reads.length = 0;
    for (const index of [0, 40_000, 65_535, 65_536, 65_999]) {
      const claim = {
        ...log.head,
        index,
        leaf: must(await tree.leaf(index)),
        hashes: must(await tree.inclusionProof(index)),
      };
      expect(claim.leaf).toEqual(leaves[index]);
      expect(provesInclusion(claim)).toBe(true);
    }
    for (const size of [1, 256, 40_000, 65_536, 65_999]) {
      const older = { size, root: must(await tree.rootAt(size)) };
      const hashes = must(await tree.consistencyProof(size));
      expect(provesConsistency({ older, newer: log.head, hashes })).toBe(true);
    }
    expect(log.reader.reads.length).toBeLessThan(12);
  });

  it('reads entries, each under its leaf', async () => {
    const tree = must(await LogTree.open(log.reader, log.head));
    expect(must(await tree.entries(7))).toEqual(entries.slice(7 * 256, 8 * 256));
    expect(must(await tree.entries(257))).toEqual(entries.slice(257 * 256));
  });

  it('opens a log without entries', async () => {
    const empty = await filesOf([]);
    const tree = must(await LogTree.open(empty.reader, empty.head));
    expect(must(await tree.rootAt(0))).toEqual(empty.head.root);
    expect(empty.reader.reads).toEqual([]);
  });

  it('takes the full tile where the partial one was deleted', async () => {
    const grown = await filesOf(entries.slice(0, 512));
    const old = await filesOf(entries.slice(0, 300));
    const files = new Map([...old.reader.files, ...grown.reader.files]);
    files.delete('tile/0/001.p/44');
    files.delete('tile/entries/001.p/44');
    const tree = must(await LogTree.open(memoryFiles(files), old.head));
    expect(must(await tree.entries(1))).toEqual(entries.slice(256, 300));
    expect(must(await tree.inclusionProof(299))).toEqual(reference.path(299, leaves.slice(0, 300)));
  });
});

function never(): never {
  throw new Error('no such file');
}

describe('a place that lies', () => {
  const changedAt = (path: string) => {
    const files = new Map(log.reader.files);
    const bytes = (files.get(path) ?? never()).slice();
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    return memoryFiles(files.set(path, bytes));
  };

  it.each(['tile/2/000.p/1', 'tile/1/001.p/1', 'tile/0/257.p/208'])(
    'about %s on the right edge is found out at once',
    async (path) => {
      expect(await LogTree.open(changedAt(path), log.head)).toMatchObject(proofInvalid);
    },
  );

  it.each([
    ['tile/1/000', 1, 0],
    ['tile/1/000', 0, 100],
    ['tile/0/100', 0, 100],
  ])('about %s is found out where tile %i/%i needs it', async (path, level, index) => {
    const tree = must(await LogTree.open(changedAt(path), log.head));
    expect(await tree.tile(level, index)).toMatchObject(proofInvalid);
    expect((await tree.tile(0, 256)).ok).toBe(true);
  });

  it('about an entry is found out', async () => {
    const tree = must(await LogTree.open(log.reader, log.head));
    const wrong = entries.slice(512, 768);
    wrong[9] = Buffer.from('another entry');
    const changed = new Map(log.reader.files);
    changed.set('tile/entries/002', encodeBundle(wrong));
    const lying = must(await LogTree.open(memoryFiles(changed), log.head));
    expect(await lying.entries(2)).toMatchObject(proofInvalid);
    expect((await tree.entries(2)).ok).toBe(true);
    for (const bytes of [Buffer.from([0]), Buffer.alloc(0), encodeBundle(entries.slice(0, 255))]) {
      changed.set('tile/entries/002', bytes);
      expect(await lying.entries(2)).toMatchObject(proofInvalid);
    }
  });

  it('about the size or root is found out', async () => {
    for (const head of [
      { ...log.head, size: log.head.size - 1 },
      { ...log.head, root: log.head.root.map((byte) => byte ^ 1) },
    ]) {
      expect((await LogTree.open(log.reader, head)).ok).toBe(false);
    }
  });
});

describe('paths of tiles', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 'entries', index: 1_000, width: 7 }, 'tile/entries/x001/000.p/7'],
    [{ level: 0, index: 999, width: 255 }, 'tile/0/999.p/255'],
  ] as const)('write %j as %s, and back', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/00/000',
    'tile/6/000',
    'tile/64/000',
    'tile/data/000',
    'tile/0/../../etc',
    'tile/0/000\n',
    '/tile/0/000',
    'checkpoint',
  ])('refuse %j', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  it('of any text give a tile that has this path, or none', () => {
    const text = fc.stringMatching(/^tile\/[0-6]\/(x\d{3}\/)?\d{3}(\.p\/[1-3]\d?\d?)?$/);
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: text }, fc.string()), (path) => {
        const tile = parseTilePath(path);
        fc.pre(tile !== null);
        expect(tilePath(tile)).toBe(path);
      }),
      { numRuns: 500 },
    );
  });
});

describe('bundles', () => {
  it('give back their entries, and of any bytes a bundle or none', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (list) => {
        expect(decodeBundle(encodeBundle(list))).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const list = decodeBundle(bytes);
        fc.pre(list !== null);
        expect(encodeBundle(list)).toEqual(bytes);
      }),
    );
  });

  it('hold the largest entry, and no more than 256', () => {
    const largest = new Uint8Array(65_535).fill(1);
    expect(decodeBundle(encodeBundle([largest]))).toEqual([largest]);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow('broken invariant');
    expect(decodeBundle(new Uint8Array(2 * 256))?.length).toBe(256);
    expect(decodeBundle(new Uint8Array(2 * 257))).toBeNull();
  });
});

import { assert } from '../../src/domain/assert.ts';
import { fail, succeed } from '../../src/domain/outcome.ts';
import * as ledger from '../../src/ledger/index.ts';
import { tileUnknown } from '../../src/ledger/log/memory-log-store.ts';
import type { Target } from './fuzz.ts';

/** One tile is full and one is not. */
const ENTRIES = ledger.TILE_WIDTH + 3;

/** Files of a log that a stranger serves: whatever is read of the tree is what its root says. */
export async function treeTarget(): Promise<Target> {
  const entries = Array.from({ length: ENTRIES }, (_, at) => Uint8Array.of(at % 256, at >> 8));
  const hashed: ledger.HashedEntry[] = [];
  for (const entry of entries) hashed.push({ entry, leaf: await ledger.leafHash(entry) });
  const begun = { frontier: new ledger.Frontier(), lastEntries: [] };
  const { files, edge } = ledger.advanceEdge(begun, hashed);
  const head = { size: ENTRIES, root: edge.frontier.root() };
  const paths = files.map(({ path }) => path);
  return {
    name: 'log-tree',
    // The first byte says whose bytes come behind it, and what is asked.
    seeds: files.flatMap(({ bytes }, at) =>
      [0, 16, 32].map((question) => Uint8Array.of(question + at, ...bytes)),
    ),
    bytesMax: 12_000,
    async decode(given) {
      const changed = paths[(given[0] ?? 0) % 16];
      const tiles: ledger.TileReader = {
        async read(path) {
          const file = files.find((one) => one.path === path);
          if (file === undefined) return fail(tileUnknown(path));
          return succeed(path === changed ? given.subarray(1) : file.bytes);
        },
      };
      const tree = await ledger.LogTree.open(tiles, head);
      if (!tree.ok) return `not opened: ${tree.failure.code}`;
      const question = ((given[0] ?? 0) >> 4) % 3;
      if (question === 2) {
        const proof = await tree.value.inclusionProof(5);
        const claim = { leaf: hashed[5]?.leaf ?? new Uint8Array(), index: 5, ...head };
        const isProven = proof.ok && ledger.provesInclusion({ ...claim, hashes: proof.value });
        assert(isProven === proof.ok, 'a proof that is made holds');
        return proof.ok ? 'proven' : proof.failure.code;
      }
      const read = await tree.value.entries(question);
      const right = entries.slice(question * ledger.TILE_WIDTH, (question + 1) * ledger.TILE_WIDTH);
      assert(!read.ok || Buffer.compare(joined(read.value), joined(right)) === 0, 'as they are');
      return read.ok ? 'read' : read.failure.code;
    },
  };
}

function joined(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.byteLength), part]));
}

import type { Failure } from '../../domain/failure.ts';
import { VERIFY_BUNDLES_AHEAD } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { equalBytes, VerifyingKeys } from '../../integrity/index.ts';
import {
  BUNDLE_BYTES_MAX,
  decodeBundle,
  leafHash,
  LogTree,
  TILE_WIDTH,
  tilePath,
  verifyEntry,
  type Entry,
  type TileReader,
} from '../../ledger/index.ts';

/** A bundle whose entries are all the log's and signed, or what is wrong with it. */
export type CheckedBundle =
  | {
      readonly kind: 'right';
      readonly firstIndex: number;
      readonly entries: readonly Entry[];
      readonly byteCount: number;
    }
  /** The first entry that is not the log's ("proof_invalid"), or not signed. */
  | { readonly kind: 'wrong'; readonly index: number; readonly why: Failure }
  /** It could not be read. */
  | { readonly kind: 'failed'; readonly failure: Failure };

const HASH_BYTES = 32;

/**
 * The bundles of a tree in order, each entry's hash and signature checked.
 *
 * VERIFY_BUNDLES_AHEAD of them are read while one is checked. Ends behind one that is not right.
 */
export async function* verifiedBundles(
  tree: LogTree,
  tiles: TileReader,
  range: { readonly first: number; readonly end: number },
): AsyncGenerator<CheckedBundle> {
  const keys = new VerifyingKeys();
  const reading: Promise<Outcome<readonly Uint8Array[]>>[] = [];
  let next = range.first;
  for (let bundle = range.first; bundle < range.end; bundle++) {
    for (; next < Math.min(range.end, bundle + VERIFY_BUNDLES_AHEAD); next++) {
      reading.push(tree.entries(next));
    }
    const read = await reading.shift();
    if (read === undefined) return;
    const checked = read.ok
      ? await checkSignatures(read.value, { bundle, keys })
      : await explain(tree, tiles, { bundle, why: read.failure });
    yield checked;
    if (checked.kind !== 'right') return;
  }
}

async function checkSignatures(
  bytes: readonly Uint8Array[],
  { bundle, keys }: { readonly bundle: number; readonly keys: VerifyingKeys },
): Promise<CheckedBundle> {
  const firstIndex = bundle * TILE_WIDTH;
  const verified = await Promise.all(bytes.map((entry) => verifyEntry(entry, keys)));
  const entries: Entry[] = [];
  for (const [at, one] of verified.entries()) {
    if (!one.ok) return { kind: 'wrong', index: firstIndex + at, why: one.failure };
    entries.push(one.value.entry);
  }
  const byteCount = bytes.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { kind: 'right', firstIndex, entries, byteCount };
}

/** Which entry of a bundle is the first that is not the log's. */
async function explain(
  tree: LogTree,
  tiles: TileReader,
  { bundle, why }: { readonly bundle: number; readonly why: Failure },
): Promise<CheckedBundle> {
  if (why.code !== 'proof_invalid') return { kind: 'failed', failure: why };
  const firstIndex = bundle * TILE_WIDTH;
  const leaves = await tree.tile(0, bundle);
  if (!leaves.ok) return { kind: 'wrong', index: firstIndex, why };
  const width = leaves.value.byteLength / HASH_BYTES;
  const path = tilePath({ level: 'entries', index: bundle, width });
  const read = await tiles.read(path, BUNDLE_BYTES_MAX);
  const entries = read.ok ? (decodeBundle(read.value) ?? []) : [];
  for (const [at, entry] of entries.entries()) {
    const leaf = leaves.value.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    if (!equalBytes(await leafHash(entry), leaf)) {
      return { kind: 'wrong', index: firstIndex + at, why };
    }
  }
  return { kind: 'wrong', index: firstIndex + Math.min(entries.length, width - 1), why };
}

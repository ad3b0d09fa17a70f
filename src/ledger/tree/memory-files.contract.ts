import { failure } from '../../domain/failure.ts';
import { fail, succeed } from '../../domain/outcome.ts';
import { encodeBundle } from './entry-bundle.ts';
import { Frontier } from './frontier.ts';
import { leafHash } from './hashes.ts';
import { TILE_WIDTH, tilePath } from './tile-path.ts';
import type { TileReader } from './tile-reader.ts';

/** A log's files in a map, which a test may change, and what was read of them. */
export type MemoryFiles = TileReader & {
  readonly files: Map<string, Uint8Array>;
  readonly reads: string[];
};

/** A reader of files in a map. */
export function memoryFiles(files: Map<string, Uint8Array> = new Map()): MemoryFiles {
  const reads: string[] = [];
  return {
    files,
    reads,
    async read(path, bytesMax) {
      reads.push(path);
      const bytes = files.get(path);
      if (bytes === undefined) return fail(failure('tile_unknown', `no ${path}`));
      return bytes.byteLength > bytesMax
        ? fail(failure('limit_exceeded', `${path} is too large`))
        : succeed(bytes);
    },
  };
}

/** All files of a log that published only at its last size, and its head. */
export async function filesOf(entries: readonly Uint8Array[]) {
  const reader = memoryFiles();
  const frontier = new Frontier();
  for (const entry of entries) {
    for (const { id, hashes } of frontier.append(await leafHash(entry))) {
      reader.files.set(tilePath(id), hashes);
    }
  }
  for (const { id, hashes } of frontier.partialTiles()) reader.files.set(tilePath(id), hashes);
  for (let start = 0; start < entries.length; start += TILE_WIDTH) {
    const part = entries.slice(start, start + TILE_WIDTH);
    const id = { level: 'entries', index: start / TILE_WIDTH, width: part.length } as const;
    reader.files.set(tilePath(id), encodeBundle(part));
  }
  return { reader, head: { size: frontier.size, root: frontier.root() } };
}

/** Entries that differ from each other: for the tree, any bytes do. */
export function numbered(count: number, prefix = 'entry'): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    new TextEncoder().encode(`${prefix} ${index}`),
  );
}

// An archive in a folder: on another disk, or a share of another machine.
//
//   <folder>/<log key>/<first>-<end>-<id>   a data item, as it would stand on Arweave
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { ARCHIVE_LISTED_MAX, ARCHIVE_PIECE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { encodeBase64url } from '../../integrity/index.ts';
import { payloadOf, unpackPiece, type ArchiveItem } from './archive-piece.ts';
import type { ArchiveTarget } from './archive-target.ts';

// What tags and signature of a data item add to its payload, at most.
const ITEM_BYTES_MAX = ARCHIVE_PIECE_BYTES_MAX + 2_048;
const NAME = /^(\d{1,13})-(\d{1,13})-([A-Za-z0-9_-]{43})$/;

type Found = { readonly path: string; readonly id: string; first: number; end: number };

/** The archive in a folder, which it makes where there is none. */
export function folderTarget(folder: string): ArchiveTarget {
  /** Where items were found. */
  const known = new Map<string, string>();

  async function find(id: string): Promise<string | null> {
    if (!known.has(id)) for (const log of await namesIn(folder)) await itemsOf(log);
    return known.get(id) ?? null;
  }

  async function itemsOf(log: string): Promise<readonly Found[]> {
    const found: Found[] = [];
    for (const name of await namesIn(join(folder, log))) {
      const [, first, end, id] = NAME.exec(name) ?? [];
      if (id === undefined) continue;
      const path = join(folder, log, name);
      known.set(id, path);
      found.push({ path, id, first: Number(first), end: Number(end) });
    }
    return found;
  }

  return {
    name: 'folder',
    place: resolve(folder),
    post: (item) =>
      attempt(folder, async () => {
        const parent = join(folder, await logKeyOf(item));
        await mkdir(parent, { recursive: true });
        const path = join(parent, `${item.first}-${item.end}-${item.id}`);
        await writeDurably(path, item.bytes);
        return succeed(undefined);
      }),
    stateOf: (id) =>
      attempt(folder, async () => succeed((await find(id)) === null ? 'unknown' : 'there')),
    read: (id) =>
      attempt(folder, async () => {
        const path = await find(id);
        if (path === null) return succeed(null);
        const { size } = await stat(path);
        if (size > ITEM_BYTES_MAX) {
          return fail(failure('limit_exceeded', `${path} is too large. Delete it.`));
        }
        // Too short to be one: as good as none.
        return succeed(payloadOf(new Uint8Array(await readFile(path))));
      }),
    list: (logKey) =>
      attempt(folder, async () => {
        const found = (await itemsOf(logKey)).slice(0, ARCHIVE_LISTED_MAX);
        return succeed(found.map(({ id, first, end }) => ({ id, first, end, poster: 'folder' })));
      }),
  };
}

async function logKeyOf({ payload }: ArchiveItem): Promise<string> {
  const piece = await unpackPiece(payload);
  assert(piece.ok, 'an item holds a piece');
  return encodeBase64url(piece.value.log.publicKey);
}

/** Beside its place, flushed, and only then under its name, which is flushed too. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, 'w', 0o644);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  const parent = await open(join(path, '..'), 'r');
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause) ?? '')) return [];
    throw cause;
  }
}

async function attempt<T>(folder: string, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause) ?? '');
    return isFull
      ? fail(failure('storage_full', `the archive in ${folder} is full. Make room on its disk.`))
      : fail(failure('storage_failed', `the archive in ${folder} failed: ${detail}. Mend it.`));
  }
}

function codeOf(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

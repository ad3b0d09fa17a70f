import { hash } from 'node:crypto';
import { blockUnknown, canceled, type BlockStore } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import type { ContentId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { checkBlockSize, checkDigest } from '../../integrity/index.ts';
import type { Database } from './database.ts';

/** Blocks in the shared database, where every member finds them. */
export function databaseBlocks(database: Database): BlockStore {
  return {
    async get(id, { signal } = {}) {
      if (signal?.aborted === true) return canceled(`reading block ${id}`);
      const found = await database.read<{ bytes: Uint8Array }>(
        'SELECT bytes FROM blocks WHERE id = $1',
        [id],
      );
      if (!found.ok) return found;
      const bytes = found.value[0]?.bytes;
      if (bytes === undefined) return blockUnknown(id, 'in the database');
      return verifyHere(id, bytes).ok ? succeed(bytes) : removeBroken(database, id);
    },

    async has(id) {
      const found = await database.read('SELECT 1 FROM blocks WHERE id = $1', [id]);
      // Where it cannot be told, `put` will say why.
      return found.ok && found.value.length > 0;
    },

    async put(id, bytes) {
      const verified = verifyHere(id, bytes);
      if (!verified.ok) return verified;
      // A copy: the caller may reuse the array while this is under way. One held is not written
      // anew, unless it is broken.
      const kept = await database.read(
        `INSERT INTO blocks (id, bytes) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes
         WHERE blocks.bytes <> excluded.bytes`,
        [id, Buffer.from(bytes)],
      );
      return kept.ok ? verified : kept;
    },
  };
}

async function removeBroken(database: Database, id: ContentId): Promise<Outcome<never>> {
  await database.read('DELETE FROM blocks WHERE id = $1', [id]);
  const text = `block ${id} was damaged in the database and has been removed`;
  return fail(failure('bytes_mismatch', `${text}. Upload the blob it belongs to again.`));
}

function verifyHere(id: ContentId, bytes: Uint8Array): Outcome<void> {
  const fits = checkBlockSize(id, bytes);
  return fits.ok ? checkDigest(id, hash('sha256', bytes, 'buffer')) : fits;
}

// Snapshots in the log's file.
//
//   begun -> a chunk a transaction, between commits -> finished: in one transaction it is listed,
//            and the events that it covers go, with the snapshot before it
//
// Whatever ends on the way leaves the log as it was; chunks of what was not finished go when the
// next begins.
import { createHash, type Hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../domain/assert.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Transact } from './log-file.ts';
import type { LogThread } from './log-message.ts';
import { damaged } from './storage-failure.ts';

type Unfinished = {
  readonly snapshot: number;
  readonly hash: Hash;
  chunkCount: number;
  byteLength: number;
};

export function snapshotKeeper(file: {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly transact: Transact;
}): Pick<LogThread, 'snapshot' | 'beginSnapshot' | 'addSnapshotChunk' | 'finishSnapshot'> {
  const { database, path, transact } = file;
  const newest = database.prepare('SELECT * FROM snapshots ORDER BY snapshot DESC LIMIT 1');
  const chunksOf = database.prepare(
    'SELECT body FROM snapshot_chunks WHERE snapshot = ? ORDER BY chunk',
  );
  const dropUnlisted = database.prepare(
    'DELETE FROM snapshot_chunks WHERE snapshot NOT IN (SELECT snapshot FROM snapshots)',
  );
  const addChunk = database.prepare('INSERT INTO snapshot_chunks VALUES (?, ?, ?)');
  const list = database.prepare('INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?)');
  const dropOlder = database.prepare('DELETE FROM snapshots WHERE snapshot < ?');
  const dropOlderChunks = database.prepare('DELETE FROM snapshot_chunks WHERE snapshot < ?');
  const dropEvents = database.prepare('DELETE FROM events WHERE seq <= ?');
  let unfinished: Unfinished | null = null;

  return {
    snapshot(): Outcome<Uint8Array> {
      const row = newest.get();
      assert(row !== undefined, 'the log has a snapshot');
      const bytes = new Uint8Array(Number(row['bytes']));
      let at = 0;
      let chunks = 0;
      for (const { body } of chunksOf.iterate(Number(row['snapshot']))) {
        chunks += 1;
        if (!(body instanceof Uint8Array) || at + body.byteLength > bytes.byteLength) continue;
        bytes.set(body, at);
        at += body.byteLength;
      }
      const digest = createHash('sha256').update(bytes).digest();
      const listed = row['sha256'];
      const isWhole = at === bytes.byteLength && chunks === Number(row['chunks']);
      if (isWhole && listed instanceof Uint8Array && digest.equals(listed)) return succeed(bytes);
      return fail(damaged(path, 'its snapshot is not what was written'));
    },

    beginSnapshot() {
      const begun = transact(() => void dropUnlisted.run());
      if (!begun.ok) return begun;
      const snapshot = Number(newest.get()?.['snapshot'] ?? 0) + 1;
      unfinished = { snapshot, hash: createHash('sha256'), chunkCount: 0, byteLength: 0 };
      return begun;
    },

    addSnapshotChunk(chunk) {
      const adding = unfinished;
      assert(adding !== null, 'a snapshot was begun');
      const added = transact(() => void addChunk.run(adding.snapshot, adding.chunkCount, chunk));
      if (!added.ok) return added;
      adding.hash.update(chunk);
      adding.chunkCount += 1;
      adding.byteLength += chunk.byteLength;
      return added;
    },

    finishSnapshot({ eventCount, tasksAccepted }) {
      assert(unfinished !== null, 'a snapshot was begun');
      const { snapshot, hash, chunkCount, byteLength } = unfinished;
      unfinished = null;
      const digest = hash.digest();
      return transact(() => {
        list.run(snapshot, eventCount, tasksAccepted, byteLength, chunkCount, digest);
        dropOlder.run(snapshot);
        dropOlderChunks.run(snapshot);
        dropEvents.run(eventCount);
      });
    },
  };
}

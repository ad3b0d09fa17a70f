import { Client } from 'pg';
import type { DatabaseAddress } from './database-address.ts';
import { certainlyUndone } from './database-failure.ts';
import { clientConfig } from './database.ts';

export type Statement = { readonly text: string; readonly values: readonly unknown[] };

/** How a transaction ended, told by what came back. */
export type CommitEnd =
  | { readonly kind: 'committed' }
  /** Nothing of it happened. */
  | { readonly kind: 'undone'; readonly cause: unknown }
  /** The connection broke: it may have happened or not, or may yet. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

/** A connection that does nothing but commit: each transaction is one round trip. */
export type CommitConnection = {
  /** One at a time. `fence` is the member that acts. */
  commit(fence: number, statements: readonly Statement[]): Promise<CommitEnd>;
  close(): Promise<void>;
};

/** Connects with the first commit, and anew with the next after one was lost. */
export function commitConnection(address: DatabaseAddress): CommitConnection {
  let client: Client | null = null;

  const connected = async (): Promise<Client> => {
    if (client !== null) return client;
    const next = new Client({ ...clientConfig(address), pipeline: true });
    // What ends it while nothing runs shows in the next commit.
    next.on('error', () => {
      if (client === next) client = null;
    });
    await next.connect();
    client = next;
    return next;
  };

  const drop = (broken: Client): void => {
    if (client === broken) client = null;
    broken.end().catch(() => {});
  };

  return {
    async commit(fence, statements) {
      let on: Client;
      try {
        on = await connected();
      } catch (cause) {
        return { kind: 'undone', cause };
      }
      const sent = [
        { text: 'BEGIN', values: [] },
        { text: 'SELECT fence($1)', values: [fence] },
        ...statements,
        { text: 'COMMIT', values: [] },
      ].map(({ text, values }) => on.query(text, [...values]));
      // All are on their way: what follows a statement that failed fails by itself.
      const ends = await Promise.allSettled(sent);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed === undefined) return { kind: 'committed' };
      if (certainlyUndone(failed.reason)) return { kind: 'undone', cause: failed.reason };
      drop(on);
      return { kind: 'unknown', cause: failed.reason };
    },
    async close() {
      await client?.end().catch(() => {});
      client = null;
    },
  };
}

// What orchestrators tell each other through their database. A notice may be lost with the
// connection that it comes by: whoever listens also looks by itself now and then.
import { Client } from 'pg';
import { assert } from '../../domain/assert.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import { DATABASE_RETRY_MS, DATABASE_RETRY_MS_MAX, NOTICE_BYTES_MAX } from '../../domain/limits.ts';
import type { DatabaseAddress } from './database-address.ts';
import { clientConfig, type Queries } from './database.ts';

export type Notice =
  /** Claims became open. */
  | { readonly kind: 'work' }
  /** All claims of the stage at work are done: its owner assembles it. */
  | { readonly kind: 'stage-done'; readonly job: JobId }
  | { readonly kind: 'job-ended'; readonly job: JobId }
  | {
      readonly kind: 'quarantine';
      readonly agent: AgentId;
      readonly untilMs: number;
      readonly reason: string;
    }
  /** The operator ended a quarantine. */
  | { readonly kind: 'release'; readonly agent: AgentId; readonly reason: string };

const CHANNEL = 'manyhands';

/** Tells every member, once the transaction is committed. */
export async function announce({ query }: Queries, notice: Notice): Promise<void> {
  const text = JSON.stringify(notice);
  assert(Buffer.byteLength(text) <= NOTICE_BYTES_MAX, 'a notice is short');
  await query('SELECT pg_notify($1, $2)', [CHANNEL, text]);
}

export type Listening = { stop(): Promise<void> };

/** Hears notices until it is stopped, over a connection that is made anew where it ends. */
export function listen(
  address: DatabaseAddress,
  to: {
    readonly notice: (notice: Notice) => void;
    /** It listens, and did not before: what was announced meanwhile was not heard. */
    readonly begun: () => void;
    /** The connection ended, or could not be made. */
    readonly lost: (cause: unknown) => void;
  },
): Listening {
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let pauseMs = DATABASE_RETRY_MS;
  let stopped = false;

  const again = (from: Client, cause: unknown): void => {
    if (stopped || client !== from) return;
    client = null;
    from.end().catch(() => {});
    to.lost(cause);
    timer = setTimeout(begin, pauseMs);
    pauseMs = Math.min(DATABASE_RETRY_MS_MAX, 2 * pauseMs);
  };

  const begin = (): void => {
    const next = new Client(clientConfig(address));
    client = next;
    next.on('error', (cause) => again(next, cause));
    next.on('end', () => again(next, new Error('the connection ended')));
    next.on('notification', ({ payload }) => to.notice(noticeOf(payload ?? '')));
    void listenOn(next);
  };

  const listenOn = async (next: Client): Promise<void> => {
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
      pauseMs = DATABASE_RETRY_MS;
      if (!stopped) to.begun();
    } catch (cause) {
      again(next, cause);
    }
  };

  begin();
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}

/** Written by `announce`: who may write into the database is one of us. */
function noticeOf(payload: string): Notice {
  return JSON.parse(payload) as Notice;
}

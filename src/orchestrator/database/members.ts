// One run of an orchestrator among those that share a database.
//
//   joined -> renewed, again and again -> gone, or silent too long -> adopted -> closed
//
// It may commit until it is adopted, and never after (see `fence` in schema.ts).
import { MEMBER_DEAD_MS } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { Database } from './database.ts';

export type Member = {
  /** Counts runs over all orchestrators; also the name of its stream. */
  readonly epoch: number;
  readonly name: string;
  /** Where others and agents reach it. */
  readonly url: string;
};

/** A member that may be dead: it said goodbye, or its pulse is old by the database's clock. */
export type SilentMember = Member & {
  readonly gone: boolean;
  /** Its last pulse: another text means that it lives. */
  readonly pulse: string;
};

export type Members = {
  /** Begins a new epoch. */
  join(as: {
    readonly name: string;
    readonly url: string;
    readonly seed: number;
  }): Promise<Outcome<Member>>;
  /** Errors: "member_fenced" where another adopted its work. */
  renew(epoch: number): Promise<Outcome<void>>;
  /** Says goodbye: another may adopt at once what is left. */
  leave(epoch: number): Promise<Outcome<void>>;
  /** Those that are silent, other than oneself. */
  silent(than: number): Promise<Outcome<readonly SilentMember[]>>;
  /**
   * Fences a silent member and takes over its jobs and streams, the ones it had adopted too: all of
   * that, or nothing. False: it lives after all, or another was faster.
   *
   * Waits for what the dead is committing. Errors: "member_fenced" where oneself is.
   */
  adopt(dead: number, by: number): Promise<Outcome<boolean>>;
  /** Adopted streams in which something is left to do, oldest first. */
  wards(of: number): Promise<Outcome<readonly Ward[]>>;
  /** Nothing of an adopted stream is left to do: its log goes, its reports stay for their jobs. */
  close(ward: number, by: number): Promise<Outcome<void>>;
  /** Those that live. */
  alive(): Promise<Outcome<readonly Member[]>>;
};

/** The stream of a dead member, to be brought to its end by who adopted it. */
export type Ward = {
  readonly stream: number;
  readonly seed: number;
  /** How many of its events all were told of what they led to; null: nobody knows. */
  readonly told: number | null;
};

export function membersOf(database: Database): Members {
  return {
    async join({ name, url, seed }) {
      return database.transaction(null, async ({ query }) => {
        const [row] = await query<{ epoch: number }>(
          'INSERT INTO members (name, url, seed, told) VALUES ($1, $2, $3, 0) RETURNING epoch',
          [name, url, seed],
        );
        const epoch = row?.epoch ?? Number.NaN;
        await query('INSERT INTO pulses (epoch, at) VALUES ($1, clock_timestamp())', [epoch]);
        return { epoch, name, url };
      });
    },

    async renew(epoch) {
      return none(
        await database.transaction(epoch, ({ query }) =>
          query('UPDATE pulses SET at = clock_timestamp() WHERE epoch = $1', [epoch]),
        ),
      );
    },

    async leave(epoch) {
      return none(
        await database.transaction(epoch, ({ query }) =>
          query('UPDATE pulses SET gone = true WHERE epoch = $1', [epoch]),
        ),
      );
    },

    silent: (than) =>
      database.read<SilentMember>(
        `SELECT epoch, name, url, gone, at::text AS pulse FROM members JOIN pulses USING (epoch)
         WHERE adopted_by IS NULL AND epoch <> $1 AND ${isSilent('$2')} ORDER BY epoch`,
        [than, MEMBER_DEAD_MS],
      ),

    adopt: (dead, by) =>
      database.transaction(by, async ({ query }) => {
        const adopted = await query(
          `UPDATE members SET adopted_by = $1 FROM pulses
           WHERE members.epoch = $3 AND pulses.epoch = $3 AND adopted_by IS NULL AND ${isSilent('$2')}
           RETURNING 1`,
          [by, MEMBER_DEAD_MS, dead],
        );
        if (adopted.length === 0) return false;
        await query('UPDATE members SET adopted_by = $1 WHERE adopted_by = $2 AND NOT closed', [
          by,
          dead,
        ]);
        // What it said of its progress holds no more; what is done is booked with its claims.
        await query('DELETE FROM progress WHERE stream = $1', [dead]);
        await query(`UPDATE jobs SET owner = $1 WHERE owner = $2 AND state = 'open'`, [by, dead]);
        return true;
      }),

    wards: (of) =>
      database.read<Ward>(
        `SELECT epoch AS stream, seed, told FROM members
         WHERE adopted_by = $1 AND NOT closed ORDER BY epoch`,
        [of],
      ),

    close: (ward, by) =>
      database.transaction(by, async ({ query }) => {
        const closed = await query(
          'UPDATE members SET closed = true WHERE epoch = $1 AND adopted_by = $2 RETURNING 1',
          [ward, by],
        );
        if (closed.length === 0) return;
        for (const table of ['events', 'snapshots', 'snapshot_chunks']) {
          await query(`DELETE FROM ${table} WHERE stream = $1`, [ward]);
        }
      }),

    alive: () =>
      database.read<Member>(
        `SELECT epoch, name, url FROM members JOIN pulses USING (epoch)
         WHERE adopted_by IS NULL AND NOT ${isSilent('$1')} ORDER BY epoch`,
        [MEMBER_DEAD_MS],
      ),
  };
}

/** By the clock of the database alone: those of members need not agree. */
function isSilent(deadMs: '$1' | '$2'): string {
  return `(gone OR at < clock_timestamp() - ${deadMs} * interval '1 millisecond')`;
}

function none(outcome: Outcome<unknown>): Outcome<void> {
  return outcome.ok ? succeed(undefined) : outcome;
}

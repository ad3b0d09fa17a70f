import type { AgentId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Database } from './database.ts';
import { announce } from './notices.ts';

/** What all members together know of an agent's key. */
export type SharedStanding = {
  readonly accepted: number;
  readonly rejected: number;
  readonly quarantine: { readonly untilMs: number; readonly reason: string } | null;
};

/** What came to pass at one member since it last told. */
export type StandingChange = {
  readonly agent: AgentId;
  readonly accepted: number;
  readonly rejected: number;
};

export type AgentStandings = {
  /** A key that nobody knows has a blank standing. */
  of(agent: AgentId): Promise<Outcome<SharedStanding>>;
  /** Adds to what is known. A member that dies before it told loses these counts, no work. */
  add(changes: readonly StandingChange[], by: number): Promise<Outcome<void>>;
  /** Holds for all members; the longer one stays. They are told at once. */
  quarantine(
    of: { readonly agent: AgentId; readonly untilMs: number; readonly reason: string },
    by: number,
  ): Promise<Outcome<void>>;
};

export function agentStandings(database: Database): AgentStandings {
  return {
    async of(agent) {
      const found = await database.read<{
        accepted: number;
        rejected: number;
        until_ms: number | null;
        reason: string | null;
      }>(
        `SELECT accepted, rejected, reason,
           (extract(epoch FROM quarantined_until) * 1000)::bigint AS until_ms
         FROM agents WHERE agent = $1`,
        [agent],
      );
      if (!found.ok) return found;
      const { accepted = 0, rejected = 0, until_ms: untilMs = null, reason } = found.value[0] ?? {};
      const quarantine = untilMs === null ? null : { untilMs, reason: reason ?? '' };
      return { ok: true, value: { accepted, rejected, quarantine } };
    },

    add: (changes, by) =>
      database.transaction(by, async ({ query }) => {
        // In one order everywhere, so that two members do not wait for each other.
        const sorted = changes.toSorted((a, b) => (a.agent < b.agent ? -1 : 1));
        await query(
          `INSERT INTO agents (agent, accepted, rejected)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
           ON CONFLICT (agent) DO UPDATE SET accepted = agents.accepted + excluded.accepted,
             rejected = agents.rejected + excluded.rejected`,
          [
            sorted.map(({ agent }) => agent),
            sorted.map(({ accepted }) => accepted),
            sorted.map(({ rejected }) => rejected),
          ],
        );
      }),

    quarantine: ({ agent, untilMs, reason }, by) =>
      database.transaction(by, async (queries) => {
        const longer = await queries.query(
          `INSERT INTO agents (agent, quarantined_until, reason)
           VALUES ($1, to_timestamp($2::float8 / 1000), $3)
           ON CONFLICT (agent) DO UPDATE SET quarantined_until = excluded.quarantined_until,
             reason = excluded.reason
           WHERE coalesce(agents.quarantined_until < excluded.quarantined_until, true)
           RETURNING 1`,
          [agent, untilMs, reason],
        );
        if (longer.length > 0) {
          await announce(queries, { kind: 'quarantine', agent, untilMs, reason });
        }
      }),
  };
}

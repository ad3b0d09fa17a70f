import type { AgentId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Actor } from './claim.ts';
import { actsFor } from './claim-rows.ts';
import type { Database, Queries } from './database.ts';
import { announce } from './notices.ts';

/** What all members together know of an agent's key. */
export type SharedStanding = {
  readonly accepted: number;
  readonly rejected: number;
  readonly quarantine: { readonly untilMs: number; readonly reason: string } | null;
};

/** What came to pass at one stream since its last telling. */
export type StandingChange = {
  readonly agent: AgentId;
  readonly accepted: number;
  readonly rejected: number;
};

export type SharedQuarantine = {
  readonly agent: AgentId;
  readonly untilMs: number;
  readonly reason: string;
};

/** What the events of a stream led to, from its last telling through so many events. */
export type Telling = {
  readonly through: number;
  readonly changes: readonly StandingChange[];
  readonly quarantines: readonly SharedQuarantine[];
};

export type AgentStandings = {
  /** A key that nobody knows has a blank standing. */
  of(agent: AgentId): Promise<Outcome<SharedStanding>>;
  /**
   * Adds what a stream's events led to, once, however often it is called. A quarantine holds for
   * all members, who are told at once; the longer one stays.
   *
   * Nothing is counted of a stream that is not the actor's, or that an older program wrote: that
   * one told its deeds without saying how far.
   */
  tell(telling: Telling, as: Actor): Promise<Outcome<void>>;
  /** Ends a key's quarantine for all members, who are told at once. */
  release(
    of: { readonly agent: AgentId; readonly reason: string },
    member: number,
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

    tell: ({ through, changes, quarantines }, { member, stream }) =>
      database.transaction(member, async (queries) => {
        const fresh = await queries.query(
          `UPDATE members SET told = $2 WHERE epoch = $1 AND told < $2 AND ${actsFor('$1', '$3')}
           RETURNING 1`,
          [stream, through, member],
        );
        if (fresh.length > 0) await add(queries, changes);
        for (const quarantine of quarantines) await bar(queries, quarantine);
      }),

    release: ({ agent, reason }, member) =>
      database.transaction(member, async (queries) => {
        await queries.query(
          `UPDATE agents SET quarantined_until = NULL, reason = NULL WHERE agent = $1`,
          [agent],
        );
        await announce(queries, { kind: 'release', agent, reason });
      }),
  };
}

async function add({ query }: Queries, changes: readonly StandingChange[]): Promise<void> {
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
}

async function bar(queries: Queries, { agent, untilMs, reason }: SharedQuarantine): Promise<void> {
  const longer = await queries.query(
    `INSERT INTO agents (agent, quarantined_until, reason)
     VALUES ($1, to_timestamp($2::float8 / 1000), $3)
     ON CONFLICT (agent) DO UPDATE SET quarantined_until = excluded.quarantined_until,
       reason = excluded.reason
     WHERE coalesce(agents.quarantined_until < excluded.quarantined_until, true)
     RETURNING 1`,
    [agent, untilMs, reason],
  );
  if (longer.length > 0) await announce(queries, { kind: 'quarantine', agent, untilMs, reason });
}

// What agents did at one stream, and how all members come to know it.
//
//   an event's effects -> noted -> tried -> told: counted once, with how many events it is of
//                                    \-> not known to be told: the same again, before anything else
//
// A process that dies leaves the events behind the last telling in its log: whoever brings the
// stream to its end notes and tells what they led to. So nothing is told twice, and nothing is not.
import type { AgentId } from '../../domain/ids.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { SchedulerEffect } from '../../scheduler/index.ts';
import type {
  AgentStandings,
  SharedQuarantine,
  StandingChange,
  Telling,
} from './agent-standings.ts';
import type { Actor } from './claim.ts';

export type Deeds = {
  /** Notes an effect of the stream, each in its order. */
  note(effect: SchedulerEffect): void;
  /** Tells what was noted so far. Errors: those of the database; it is told by a later call. */
  tell(): Promise<Outcome<void>>;
};

/** `eventCount` says how many events of the stream were noted. */
export function deedsOf(of: {
  readonly standings: Pick<AgentStandings, 'tell'>;
  readonly as: Actor;
  readonly eventCount: () => number;
}): Deeds {
  let changes = new Map<AgentId, StandingChange>();
  let quarantines: SharedQuarantine[] = [];
  let tried: Telling | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const count = (agent: AgentId, by: { readonly accepted: number; readonly rejected: number }) => {
    const { accepted = 0, rejected = 0 } = changes.get(agent) ?? {};
    const sum = { accepted: accepted + by.accepted, rejected: rejected + by.rejected };
    changes.set(agent, { agent, ...sum });
  };

  const tellTried = async (): Promise<Outcome<void>> => {
    if (tried === null) return succeed(undefined);
    const told = await of.standings.tell(tried, of.as);
    if (told.ok) tried = null;
    return told;
  };

  const tellAll = async (): Promise<Outcome<void>> => {
    const former = await tellTried();
    if (!former.ok || changes.size + quarantines.length === 0) return former;
    tried = { through: of.eventCount(), changes: [...changes.values()], quarantines };
    changes = new Map();
    quarantines = [];
    return tellTried();
  };

  return {
    note(effect) {
      if (effect.kind === 'tasks-accepted') {
        for (const { agents } of effect.tasks) {
          for (const agent of agents) count(agent, { accepted: 1, rejected: 0 });
        }
      } else if (effect.kind === 'tasks-revoked') {
        for (const { agent } of effect.tasks) count(agent, { accepted: -1, rejected: 0 });
      } else if (effect.kind === 'agent-quarantined') {
        const { agent, untilMs, reason } = effect;
        count(agent, { accepted: 0, rejected: 1 });
        quarantines.push({ agent, untilMs, reason });
      } else if (effect.kind === 'quarantine-ended') {
        quarantines = quarantines.filter(({ agent }) => agent !== effect.agent);
      }
    },
    tell() {
      const telling = last.then(tellAll);
      last = telling.catch(() => {});
      return telling;
    },
  };
}

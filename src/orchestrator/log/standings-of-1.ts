import type { Capability } from '../../domain/capability.ts';
import type { Verdict } from '../../domain/checking.ts';
import type { AgentId, SessionId } from '../../domain/ids.ts';
import { QUARANTINE_MS } from '../../domain/limits.ts';
import type { KeyHistory, SchedulerEvent } from '../../scheduler/index.ts';

/** Events of version 1 that tell of agents; there were others. */
export type AgentEventOf1 = { readonly atMs: number } & (
  | {
      readonly kind: 'agent-joined';
      readonly agent: AgentId;
      readonly session: SessionId;
      readonly capability: Capability;
    }
  | {
      readonly kind: 'results-reported';
      readonly session: SessionId;
      readonly results: readonly {
        readonly lease: string;
        readonly result: { readonly kind: string; readonly reason?: string };
      }[];
    }
  | {
      readonly kind: 'judged';
      readonly verdicts: readonly { readonly lease: string; readonly verdict: Verdict }[];
    }
  | { readonly kind: 'other' }
);

type Standing = {
  readonly session: SessionId;
  readonly capability: Capability;
  accepted: number;
  rejected: number;
  quarantine: KeyHistory['quarantine'];
};

/**
 * How agents stood with a scheduler of version 1, counted from its events: what was accepted and
 * rejected of each key, and who is in quarantine.
 */
export function standingsFrom1() {
  const keys = new Map<SessionId, AgentId>();
  const standings = new Map<AgentId, Standing>();
  /** Whose result waits for a verdict, by lease. */
  const authors = new Map<string, AgentId>();
  let atMs = 0;

  const reject = (agent: AgentId, reason: string): void => {
    const standing = standings.get(agent);
    if (standing === undefined) return;
    standing.rejected += 1;
    if ((standing.quarantine?.untilMs ?? 0) > atMs) return;
    standing.quarantine = { untilMs: atMs + QUARANTINE_MS, reason };
  };

  const note = (event: AgentEventOf1): void => {
    switch (event.kind) {
      case 'agent-joined': {
        const { agent, session, capability } = event;
        keys.set(session, agent);
        const before = standings.get(agent) ?? { accepted: 0, rejected: 0, quarantine: null };
        standings.set(agent, { ...before, session, capability });
        return;
      }
      case 'results-reported': {
        const agent = keys.get(event.session);
        if (agent === undefined) return;
        for (const { lease, result } of event.results) {
          if (result.kind === 'output' && !authors.has(lease)) authors.set(lease, agent);
          if (result.kind === 'malformed') reject(agent, result.reason ?? 'malformed');
        }
        return;
      }
      case 'judged':
        for (const { lease, verdict } of event.verdicts) {
          const agent = authors.get(lease);
          // Judged before: a verdict that came twice counted once.
          if (agent === undefined) continue;
          authors.delete(lease);
          const standing = standings.get(agent);
          if (verdict.kind === 'rejected') reject(agent, verdict.reason);
          else if (standing !== undefined) standing.accepted += 1;
        }
        return;
      default:
    }
  };

  return {
    note(event: AgentEventOf1): void {
      atMs = Math.max(atMs, event.atMs);
      note(event);
    },
    /** Every key that did something comes with its history, and goes. */
    events(): SchedulerEvent[] {
      const known = [...standings].filter(([, { accepted, rejected }]) => accepted + rejected > 0);
      return known.flatMap(([agent, { session, capability, ...history }]): SchedulerEvent[] => [
        { kind: 'agent-joined', atMs, agent, session, capability, history },
        { kind: 'agent-left', atMs, session },
      ]);
    },
  };
}

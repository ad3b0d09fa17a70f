import {
  ASK_AGAIN_MS,
  LEASES_PER_AGENT_MAX,
  RETURNED_QUEUES_SCANNED_MAX,
  UNJUDGED_PER_AGENT_MAX,
} from '../domain/limits.ts';
import type { IdleReason } from '../domain/idle.ts';
import { hasPrimitives } from './matching.ts';
import { openGroupsFor } from './open-jobs.ts';
import type { Agent, RequirementGroup, SchedulerState } from './state.ts';
import { retryAtMs } from './waiting-tasks.ts';

export type Idleness = { readonly reason: IdleReason; readonly askAgainMs: number };

/** Why an agent may get no task at all now; null where it may. */
export function whyBarred(agent: Agent, atMs: number): Idleness | null {
  if (agent.quarantine !== null) {
    return { reason: 'quarantined', askAgainMs: Math.max(1, agent.quarantine.untilMs - atMs) };
  }
  const holdsMost =
    agent.leases.size >= LEASES_PER_AGENT_MAX || agent.unjudged.size >= UNJUDGED_PER_AGENT_MAX;
  return holdsMost ? { reason: 'too_many_leases', askAgainMs: ASK_AGAIN_MS } : null;
}

/** Why none of the waiting tasks is for an agent that may have tasks; changes nothing. */
export function whyNothingFits(state: SchedulerState, agent: Agent, atMs: number): Idleness {
  const open = openGroupsFor(state, agent);
  if (open.length > 0) {
    return { reason: 'already_did', askAgainMs: askAgainForRetry(state, { open, agent, atMs }) };
  }
  return { reason: whyNoneOpen(state, agent), askAgainMs: ASK_AGAIN_MS };
}

function whyNoneOpen(state: SchedulerState, agent: Agent): IdleReason {
  if (state.jobs.size === 0) return 'no_jobs';
  let reason: IdleReason = 'all_leased';
  const offer = agent.presence?.offer;
  for (const group of state.groups.values()) {
    if (group.open.first === null || offer === undefined) continue;
    if (hasPrimitives(offer, group)) return 'memory_too_small';
    reason = 'missing_primitive';
  }
  return reason;
}

/** Until the first task that the agent failed may be tried again, if that is soon. */
function askAgainForRetry(
  state: SchedulerState,
  of: {
    readonly open: readonly RequirementGroup[];
    readonly agent: Agent;
    readonly atMs: number;
  },
): number {
  let soonestMs = ASK_AGAIN_MS;
  let seen = 0;
  for (const group of of.open) {
    for (const job of group.open) {
      for (const queue of job.stage.returned) {
        if (++seen > RETURNED_QUEUES_SCANNED_MAX) return soonestMs;
        const fromMs = retryAtMs(state, queue, of.agent);
        if (fromMs !== null) soonestMs = Math.min(soonestMs, Math.max(1, fromMs - of.atMs));
      }
    }
  }
  return soonestMs;
}

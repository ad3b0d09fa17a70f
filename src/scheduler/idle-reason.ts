import {
  ASK_AGAIN_MS,
  LEASES_PER_AGENT_MAX,
  NEW_KEY_LEASES_MAX,
  OPEN_JOBS_SCANNED_MAX,
  RETURNED_QUEUES_SCANNED_MAX,
  UNJUDGED_MAX,
  UNJUDGED_PER_AGENT_MAX,
} from '../domain/limits.ts';
import type { IdleReason } from '../domain/idle.ts';
import { isRangeAtShare, jobsInTurn } from './fair-share.ts';
import type { Hedge } from './hedging.ts';
import { covers, hasPrimitives } from './matching.ts';
import type { Agent, SchedulerState } from './state.ts';
import { tryAtMs } from './waiting-tasks.ts';

export type Idleness = { readonly reason: IdleReason; readonly askAgainMs: number };

/** Why an agent may get no task at all now; null where it may. */
export function whyBarred(state: SchedulerState, agent: Agent, atMs: number): Idleness | null {
  if (agent.quarantine !== null) {
    return { reason: 'quarantined', askAgainMs: Math.max(1, agent.quarantine.untilMs - atMs) };
  }
  const holdsMost =
    agent.out.size >= LEASES_PER_AGENT_MAX || agent.unjudged.size >= UNJUDGED_PER_AGENT_MAX;
  if (holdsMost) return { reason: 'too_many_leases', askAgainMs: ASK_AGAIN_MS };
  if (mayHold(agent) <= 0) return { reason: 'first_results_pending', askAgainMs: ASK_AGAIN_MS };
  const isBehind =
    state.resultsUnjudged >= UNJUDGED_MAX || state.leases.room === 0 || state.tasks.isFull;
  return isBehind ? { reason: 'checks_behind', askAgainMs: ASK_AGAIN_MS } : null;
}

/** How many more leases an agent may hold that is not barred. */
export function mayHold(agent: Agent): number {
  // Results that wait for a verdict do not count: new keys may have to judge each other's.
  return (agent.accepted > 0 ? LEASES_PER_AGENT_MAX : NEW_KEY_LEASES_MAX) - agent.out.size;
}

/**
 * Why none of the waiting tasks is for an agent that may have tasks; changes nothing.
 *
 * `hedge` is what `findHedge` gives for it.
 */
export function whyNothingFits(
  state: SchedulerState,
  agent: Agent,
  { atMs, hedge }: { readonly atMs: number; readonly hedge: Hedge | null },
): Idleness {
  if (isRangeAtShare(state, { agent, atMs })) {
    return { reason: 'range_at_share', askAgainMs: ASK_AGAIN_MS };
  }
  const retryMs = soonestTryMs(state, agent, atMs);
  const hedgeMs = hedge === null ? Infinity : hedge.fromMs - atMs;
  const askAgainMs = Math.max(1, Math.min(ASK_AGAIN_MS, retryMs ?? Infinity, hedgeMs));
  if (retryMs !== null) {
    return { reason: retryMs < Infinity ? 'retry_later' : 'already_did', askAgainMs };
  }
  return { reason: whyNoneOpen(state, agent), askAgainMs };
}

function whyNoneOpen(state: SchedulerState, agent: Agent): IdleReason {
  if (state.jobs.size === 0) return 'no_jobs';
  let reason: IdleReason = 'all_leased';
  const offer = agent.presence?.device.offer;
  for (const group of state.groups.values()) {
    if (group.open.first === null || offer === undefined || covers(offer, group)) continue;
    if (!hasPrimitives(offer, group)) reason = 'missing_primitive';
    else return 'memory_too_small';
  }
  return reason;
}

/**
 * How long until the agent may try one of the returned tasks: Infinity where it may try none of
 * them, null where there are none.
 */
function soonestTryMs(state: SchedulerState, agent: Agent, atMs: number): number | null {
  let soonestMs: number | null = null;
  let seen = 0;
  for (const job of jobsInTurn(agent).slice(0, OPEN_JOBS_SCANNED_MAX)) {
    for (const queue of job.stage.returned) {
      if (++seen > RETURNED_QUEUES_SCANNED_MAX) return soonestMs;
      const fromMs = tryAtMs(state, queue, agent) ?? Infinity;
      // What it may try at once is too long for it, and waits for a faster device for a while.
      const waitMs = fromMs <= atMs ? ASK_AGAIN_MS : fromMs - atMs;
      soonestMs = Math.min(soonestMs ?? Infinity, waitMs);
    }
  }
  return soonestMs;
}

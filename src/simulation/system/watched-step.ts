import type { AgentId, SessionId } from '../../domain/ids.ts';
import {
  leaseIdOf,
  step,
  type CheckMode,
  type LeaseNumber,
  type SchedulerEffect,
  type SchedulerEvent,
} from '../../scheduler/index.ts';
import type { History } from '../history.ts';

/** How far the history has taken the log down. Outlives the orchestrator's processes. */
export type LogWatch = {
  /** Events of the log that the history knows. */
  noted: number;
  readonly agentOf: Map<SessionId, AgentId>;
  /** Ids of leases, as agents know them. */
  readonly idOf: Map<LeaseNumber, string>;
};

type Watching = { readonly history: History; readonly watch: LogWatch };

/**
 * The scheduler's own `step`, which takes down what each event of the log led to, once: a process
 * that comes back takes the same events in again, from the event behind its snapshot on.
 *
 * The one place where the history meets the scheduler's events and effects.
 */
export function watchedStep(
  of: Watching & { readonly behind: number; readonly step: typeof step },
): { readonly step: typeof step; readonly count: () => number } {
  const { history, watch } = of;
  let number = of.behind;
  return {
    count: () => number,
    step(state, event) {
      const stepped = of.step(state, event);
      number += 1;
      if (event.kind === 'agent-joined') watch.agentOf.set(event.session, event.agent);
      if (number > watch.noted) {
        watch.noted = number;
        history.add({ kind: 'stepped', number, event: event.kind });
        // An event that came too late (a stage planned of a job that was canceled) changed nothing.
        if (stepped.effects.length > 0) noteEvent(event, of);
        if (event.kind === 'lease-requested') nameLeases(event, stepped.effects, watch);
        for (const effect of stepped.effects) noteEffect(effect, of);
      }
      return stepped;
    },
  };
}

/** The id of a lease that was granted; empty for any other. */
export function leaseNameIn({ idOf }: LogWatch, lease: LeaseNumber): string {
  return idOf.get(lease) ?? '';
}

/** A number that was granted by a process whose log was lost may be granted again: by another id. */
function nameLeases(
  { seed = 0 }: SchedulerEvent & { readonly kind: 'lease-requested' },
  effects: readonly SchedulerEffect[],
  { idOf }: LogWatch,
): void {
  for (const effect of effects) {
    if (effect.kind !== 'leases-granted') continue;
    for (const { lease } of effect.leases) idOf.set(lease, leaseIdOf(seed, lease));
  }
}

function noteEvent(event: SchedulerEvent, { history, watch }: Watching): void {
  if (event.kind === 'results-reported') {
    // A stranger's word may name what was never a lease.
    const leases = event.results.flatMap(({ lease }) => watch.idOf.get(lease) ?? []);
    return history.add({ kind: 'results-taken', leases });
  }
  if (event.kind !== 'job-submitted' && event.kind !== 'stage-planned') return;
  const { job } = event;
  if (event.kind === 'job-submitted') {
    history.add({ kind: 'job-begun', job, weight: event.weight });
  }
  const { stage, rowCount: rows, msPerRow } = event.stage;
  history.add({ kind: 'stage-begun', job, stage, rows, msPerRow });
}

function noteEffect(effect: SchedulerEffect, { history, watch }: Watching): void {
  const nameOf = (lease: LeaseNumber): string => leaseNameIn(watch, lease);
  switch (effect.kind) {
    case 'leases-granted': {
      // Whoever is granted leases has joined.
      const agent = watch.agentOf.get(effect.session) ?? ('' as AgentId);
      history.add({ kind: 'request-granted', agent, tasks: effect.leases.length });
      for (const { lease, job, stage, rows } of effect.leases) {
        history.add({ kind: 'granted', agent, lease: nameOf(lease), job, stage, ...rows });
      }
      return;
    }
    case 'checks-requested':
      for (const { job, results, mode } of effect.checks) {
        const leases = results.map(({ lease }) => nameOf(lease));
        const agents = results.map(({ agent }) => agent);
        const share = shareOf(mode);
        history.add({ kind: 'check-asked', job, leases, agents, share });
      }
      return;
    case 'tasks-accepted':
      for (const { job, stage, rows, lease, agents } of effect.tasks) {
        const accepted = { ...rows, lease: nameOf(lease), agents };
        history.add({ kind: 'task-accepted', job, stage, ...accepted });
      }
      return;
    case 'tasks-revoked':
      for (const { job, stage, rows, lease, agent } of effect.tasks) {
        history.add({ kind: 'task-revoked', job, stage, ...rows, lease: nameOf(lease), agent });
      }
      return;
    case 'stage-finished': {
      const { job, stage, results } = effect;
      const leases = results.map(({ lease }) => nameOf(lease));
      const edges = results.flatMap(({ rows }) => [rows.start, rows.end]);
      return history.add({ kind: 'stage-finished', job, stage, leases, edges });
    }
    case 'job-ended': {
      const { job, end } = effect;
      const reason = end.kind === 'failed' ? end.failure.message : '';
      return history.add({ kind: 'job-ended', job, end: end.kind, reason });
    }
    case 'agent-quarantined':
      return history.add({ kind: 'quarantined', agent: effect.agent, reason: effect.reason });
    case 'session-ended':
      return history.add({ kind: 'session-ended', agent: effect.agent, reason: effect.reason });
  }
}

/** As the history has it: 0 of results that are compared, -1 where the shell's policy decides. */
function shareOf(mode: CheckMode): number {
  if (mode.kind === 'adaptive') return -1;
  return mode.kind === 'compare' ? 0 : mode.share;
}

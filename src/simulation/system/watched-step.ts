import type { AgentId, JobId, SessionId } from '../../domain/ids.ts';
import { step, type SchedulerEffect, type SchedulerEvent } from '../../scheduler/index.ts';
import type { History } from '../history.ts';

/** How far the history has taken the log down. Outlives the orchestrator's processes. */
export type LogWatch = {
  /** Events of the log that the history knows. */
  noted: number;
  readonly agentOf: Map<SessionId, AgentId>;
};

/**
 * The scheduler's own `step`, which takes down what each event of the log led to, once: a process
 * that comes back takes the same events in again.
 *
 * The one place where the history meets the scheduler's events and effects.
 */
export function watchedStep(of: {
  readonly history: History;
  readonly watch: LogWatch;
  readonly step?: typeof step;
}): { readonly step: typeof step; readonly count: () => number } {
  const { history, watch } = of;
  const inner = of.step ?? step;
  let number = 0;
  return {
    count: () => number,
    step(state, event) {
      const stepped = inner(state, event);
      number += 1;
      if (event.kind === 'agent-joined') watch.agentOf.set(event.session, event.agent);
      if (number > watch.noted) {
        watch.noted = number;
        history.add({ kind: 'stepped', number, event: event.kind });
        // An event that came too late (a stage planned of a job that was canceled) changed nothing.
        if (stepped.effects.length > 0) noteEvent(event, history);
        for (const effect of stepped.effects) noteEffect(effect, { history, watch });
      }
      return stepped;
    },
  };
}

function noteEvent(event: SchedulerEvent, history: History): void {
  switch (event.kind) {
    case 'job-submitted':
    case 'stage-planned': {
      const { stage, rowCount: rows } = event.stage;
      return history.add({ kind: 'stage-begun', job: event.job, stage, rows });
    }
    case 'judged':
      return history.add({ kind: 'judged', task: event.task, accepted: event.accepted ?? '' });
  }
}

function noteEffect(
  effect: SchedulerEffect,
  { history, watch }: { readonly history: History; readonly watch: LogWatch },
): void {
  switch (effect.kind) {
    case 'leases-granted': {
      // Whoever is granted leases has joined.
      const agent = watch.agentOf.get(effect.session) ?? ('' as AgentId);
      history.add({ kind: 'request-granted', agent, tasks: effect.leases.length });
      for (const { lease, task, job, rows } of effect.leases) {
        history.add({ kind: 'granted', agent, lease, task, job, rows: rows.end - rows.start });
      }
      return;
    }
    case 'check-requested': {
      const { task, job, results, mode } = effect;
      const leases = results.map(({ lease }) => lease);
      const agents = results.map(({ agent }) => agent);
      const share = mode.kind === 'compare' ? 0 : mode.share;
      return history.add({ kind: 'check-asked', task, job, leases, agents, share });
    }
    case 'task-accepted': {
      const { task, agents, rowCount: rows } = effect;
      return history.add({ kind: 'task-accepted', task, job: jobIn(task), agents, rows });
    }
    case 'stage-finished': {
      const { job, stage, results } = effect;
      return history.add({ kind: 'stage-finished', job, stage, leases: results });
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

/** A task's id begins with its job's. */
function jobIn(task: string): JobId {
  return task.slice(0, task.indexOf('/')) as JobId;
}

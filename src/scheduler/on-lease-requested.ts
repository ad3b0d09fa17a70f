import { LEASE_MS, LEASES_PER_CALL_MAX } from '../domain/limits.ts';
import type { GrantedLease } from './effect.ts';
import type { SchedulerEvent } from './event.ts';
import { relist, takeTasks } from './fair-share.ts';
import { findHedge, noteHedged } from './hedging.ts';
import { mayHold, whyBarred, whyNothingFits } from './idle-reason.ts';
import { grantLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, noteSeen } from './presence.ts';
import type { Agent } from './state.ts';
import { jobOf, rangeOf } from './task-rows.ts';
import { INDEX } from './task-table.ts';

/** Grants leases, or refuses with the reason; a refusal changes nothing. */
export function onLeaseRequested(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'lease-requested' },
): void {
  const { state, atMs, outbox } = step;
  const { session } = event;
  const agent = agentOf(step, session);
  if (agent === null) return;
  const barred = whyBarred(state, agent, atMs);
  const most = barred === null ? mayHold(agent) : 0;
  const count = Math.min(event.maxTasks, LEASES_PER_CALL_MAX, most, state.leases.room);
  const tasks = takeTasks(step, { agent, count });
  if (tasks.length === 0 && count > 0) tasks.push(...takeHedge(step, agent));
  if (tasks.length === 0) {
    const idle = barred ?? whyNothingFits(state, agent, { atMs, hedge: findHedge(state, agent) });
    outbox.put({ kind: 'lease-refused', session, ...idle });
    return;
  }
  noteSeen(step, agent);
  const { seed = state.seed } = event;
  const leases = tasks.map((task) => grant(step, task, { agent, seed }));
  let job = null;
  for (const task of tasks) {
    const of = jobOf(state, task);
    if (of !== job) relist(state, of);
    job = of;
  }
  outbox.put({ kind: 'leases-granted', session, leases });
}

function takeHedge(step: Step, agent: Agent): number[] {
  const { state, atMs } = step;
  const hedge = findHedge(state, agent);
  if (hedge === null || hedge.fromMs > atMs) return [];
  noteHedged(state, jobOf(state, hedge.task), hedge.task);
  return [hedge.task];
}

function grant(
  step: Step,
  task: number,
  to: { readonly agent: Agent; readonly seed: number },
): GrantedLease {
  const { state } = step;
  const lease = grantLease(step, task, to);
  const job = jobOf(state, task);
  return {
    lease: state.leases.numberOf(lease),
    job: job.id,
    stage: job.stage.plan.stage,
    index: state.tasks.records.int(task, INDEX),
    rows: rangeOf(state, task),
    leaseMs: LEASE_MS,
  };
}

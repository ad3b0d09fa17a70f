import { LEASE_MS, LEASES_PER_AGENT_MAX, LEASES_PER_CALL_MAX } from '../domain/limits.ts';
import type { SchedulerEvent } from './event.ts';
import { whyBarred, whyNothingFits } from './idle-reason.ts';
import { grantLease } from './leases.ts';
import { takeTasks } from './open-jobs.ts';
import type { Step } from './outbox.ts';
import { agentOf, noteSeen } from './presence.ts';
import { idOfTask, rowsOf } from './task-course.ts';

/** Grants leases, or refuses with the reason; a refusal changes nothing. */
export function onLeaseRequested(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'lease-requested' },
): void {
  const { state, atMs, outbox } = step;
  const { session } = event;
  const agent = agentOf(step, session);
  if (agent === null) return;
  const barred = whyBarred(agent, atMs);
  const mayHold = LEASES_PER_AGENT_MAX - agent.leases.size;
  const count = barred === null ? Math.min(event.maxTasks, LEASES_PER_CALL_MAX, mayHold) : 0;
  const tasks = takeTasks(state, { agent, count, atMs });
  if (tasks.length === 0) {
    const idle = barred ?? whyNothingFits(state, agent, atMs);
    outbox.put({ kind: 'lease-refused', session, ...idle });
    return;
  }
  noteSeen(step, agent);
  const leases = tasks.map((task) => ({
    lease: grantLease(step, task, agent).id,
    task: idOfTask(task),
    job: task.job.id,
    stage: task.job.stage.plan.stage,
    rows: rowsOf(task),
    leaseMs: LEASE_MS,
  }));
  outbox.put({ kind: 'leases-granted', session, leases });
}

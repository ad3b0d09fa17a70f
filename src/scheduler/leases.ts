// A lease: granted -> out -> reported -> settled, or out -> settled. Only bookkeeping is here:
// what becomes of the task is decided in task-course.ts.
import type { AgentId, LeaseId } from '../domain/ids.ts';
import { LEASE_HELD_MS_MAX, LEASE_MS, SETTLED_LEASES_MAX } from '../domain/limits.ts';
import type { ResultStatus } from '../domain/report.ts';
import { leaseIdOf, leaseNumberIn } from './lease-id.ts';
import type { Step } from './outbox.ts';
import type { Agent, Lease, SchedulerState, Task } from './state.ts';

/** Grants a lease of a task that was just taken from its queue. */
export function grantLease(step: Step, task: Task, agent: Agent): Lease {
  const { state, atMs } = step;
  const number = state.leaseCount++;
  const lease: Lease = {
    id: leaseIdOf(state.seed, number),
    number,
    agent,
    task,
    grantedAtMs: atMs,
    deadlineAtMs: atMs + LEASE_MS,
    deadlineLink: null,
  };
  lease.deadlineLink = state.leaseDeadlines.append(lease);
  state.leases.set(lease.id, lease);
  agent.leases.add(lease);
  task.lease = lease;
  task.job.stage.leasesOut++;
  task.job.running = true;
  step.outbox.jobChanged(task.job);
  return lease;
}

/** Gives a lease that is out its full duration again, until it was held for LEASE_HELD_MS_MAX. */
export function renewLease(step: Step, lease: Lease): void {
  if (lease.deadlineLink === null) return;
  if (step.atMs - lease.grantedAtMs >= LEASE_HELD_MS_MAX) return;
  step.state.leaseDeadlines.remove(lease.deadlineLink);
  lease.deadlineAtMs = step.atMs + LEASE_MS;
  lease.deadlineLink = step.state.leaseDeadlines.append(lease);
}

/** Turns a lease that is out into a result that waits for its verdict. */
export function keepResult(step: Step, lease: Lease): void {
  takeIn(step.state, lease);
  lease.agent.unjudged.add(lease);
  lease.task.results.push(lease);
  lease.task.job.stage.resultsUnjudged++;
}

/** Ends a lease, out or reported, and keeps a memory of it. */
export function settleLease(step: Step, lease: Lease): void {
  const { state } = step;
  const reported = lease.agent.unjudged.delete(lease);
  if (reported) {
    lease.task.results = lease.task.results.filter((result) => result !== lease);
    lease.task.job.stage.resultsUnjudged--;
  } else {
    takeIn(state, lease);
  }
  state.leases.delete(lease.id);
  remember(state, lease, reported);
}

/** Has a lease remembered as reported though it gave no output: reporting again is a duplicate. */
export function noteAnswered(state: SchedulerState, lease: Lease): void {
  remember(state, lease, true);
}

/** What to say to a result of a lease that is not held: `lease` comes from outside. */
export function statusOfUnheld(
  state: SchedulerState,
  lease: LeaseId,
  agent: AgentId,
): ResultStatus {
  const number = leaseNumberIn(lease);
  const wasGranted = number >= 0 && number < state.leaseCount;
  if (!wasGranted || leaseIdOf(state.seed, number) !== lease) return 'foreign';
  const settled = state.settledLeases[number % SETTLED_LEASES_MAX];
  if (settled === undefined || settled.number !== number) return 'late';
  if (settled.agent !== agent) return 'foreign';
  return settled.reported ? 'duplicate' : 'late';
}

function takeIn(state: SchedulerState, lease: Lease): void {
  if (lease.deadlineLink !== null) state.leaseDeadlines.remove(lease.deadlineLink);
  lease.deadlineLink = null;
  lease.agent.leases.delete(lease);
  lease.task.lease = null;
  lease.task.job.stage.leasesOut--;
}

function remember(state: SchedulerState, lease: Lease, reported: boolean): void {
  const { number, agent } = lease;
  state.settledLeases[number % SETTLED_LEASES_MAX] = { number, agent: agent.id, reported };
}

// A lease: granted -> out -> reported -> over, or out -> over. Only bookkeeping is here: what becomes
// of the task is decided in task-course.ts.
import type { LeaseId } from '../domain/ids.ts';
import { LEASE_HELD_MS_MAX, LEASE_MS } from '../domain/limits.ts';
import type { ResultStatus } from '../domain/report.ts';
import { isLeaseIdUnder, numberInLeaseId } from './lease-id.ts';
import {
  AGENT,
  ANSWERED,
  DEADLINE_AT,
  EXPECTED_MS,
  GRANTED_AT,
  OUT,
  REPORTED,
  SEED,
  SETTLED,
  STATE,
  TASK,
} from './lease-table.ts';
import { addLone, removeLone } from './lone-tasks.ts';
import { countOrigin } from './origins.ts';
import type { Step } from './outbox.ts';
import { NONE } from './slot-list.ts';
import type { LeaseNumber } from './slot-number.ts';
import { expectedMs } from './speed.ts';
import type { Agent, SchedulerState } from './state.ts';
import { jobOf, rowsOf } from './task-rows.ts';
import { FIRST_RESULT, HEDGE, HEDGED, LEASE, SECOND_RESULT } from './task-table.ts';

const INT_MAX = 2 ** 31 - 1;

/** Grants a lease of a task; the second one where another is out. */
export function grantLease(
  step: Step,
  task: number,
  to: { readonly agent: Agent; readonly seed: number },
): number {
  const { state, atMs } = step;
  const { agent, seed } = to;
  const { leases, tasks } = state;
  const { records } = leases;
  const job = jobOf(state, task);
  const lease = leases.allot();
  records.setFloat(lease, GRANTED_AT, atMs);
  records.setFloat(lease, DEADLINE_AT, atMs + LEASE_MS);
  records.setInt(lease, TASK, task);
  records.setInt(lease, AGENT, agent.slot);
  records.setInt(lease, SEED, seed ^ state.seed);
  const rows = rowsOf(state, task);
  const expected = Math.min(INT_MAX, Math.ceil(expectedMs(agent, job.stage, rows)));
  records.setInt(lease, EXPECTED_MS, expected);
  leases.byTime.append(leases.deadlines, lease);
  leases.ofAgent.append(agent.out, lease);
  const isSecond = tasks.records.int(task, LEASE) !== NONE;
  tasks.records.setInt(task, isSecond ? HEDGE : LEASE, lease);
  if (job.tasks.last !== task) {
    tasks.ofJob.remove(job.tasks, task);
    tasks.ofJob.append(job.tasks, task);
  }
  if (!tasks.has(task, HEDGED)) addLone(state, lease, job);
  job.stage.leasesOut++;
  countOrigin(job.stage.outOfOrigin, agent.origin, 1);
  job.running = true;
  step.outbox.jobChanged(job);
  return lease;
}

/** Gives a lease that is out its full duration again, until it was held for LEASE_HELD_MS_MAX. */
export function renewLease({ state, atMs }: Step, lease: number): void {
  const { leases } = state;
  const { records } = leases;
  if (records.int(lease, STATE) !== OUT) return;
  if (atMs - records.float(lease, GRANTED_AT) >= LEASE_HELD_MS_MAX) return;
  records.setFloat(lease, DEADLINE_AT, atMs + LEASE_MS);
  leases.byTime.remove(leases.deadlines, lease);
  leases.byTime.append(leases.deadlines, lease);
}

/** Turns a lease that is out into a result that waits for its verdict. */
export function keepResult(state: SchedulerState, lease: number): void {
  const { leases, tasks } = state;
  const task = leases.records.int(lease, TASK);
  const agent = agentOfLease(state, lease);
  takeIn(state, lease);
  leases.records.setInt(lease, STATE, REPORTED);
  leases.ofAgent.append(agent.unjudged, lease);
  const isFirst = tasks.records.int(task, FIRST_RESULT) === NONE;
  tasks.records.setInt(task, isFirst ? FIRST_RESULT : SECOND_RESULT, lease);
  jobOf(state, task).stage.resultsUnjudged++;
  state.resultsUnjudged++;
}

/** Ends a lease, out or reported; `answered`: what was reported under it counts somehow. */
export function endLease(state: SchedulerState, lease: number, answered: boolean): void {
  const { leases, tasks } = state;
  const isReported = leases.records.int(lease, STATE) === REPORTED;
  if (isReported) {
    const task = leases.records.int(lease, TASK);
    leases.ofAgent.remove(agentOfLease(state, lease).unjudged, lease);
    const first = tasks.records.int(task, FIRST_RESULT);
    const second = tasks.records.int(task, SECOND_RESULT);
    tasks.records.setInt(task, FIRST_RESULT, first === lease ? second : first);
    tasks.records.setInt(task, SECOND_RESULT, NONE);
    jobOf(state, task).stage.resultsUnjudged--;
    state.resultsUnjudged--;
  } else {
    takeIn(state, lease);
  }
  leases.release(lease, isReported || answered ? ANSWERED : SETTLED);
}

/**
 * The number of the lease that an id from outside names; null where it names none.
 *
 * An id is good under the seed of its own lease alone: a process on a restored backup gives numbers
 * again, with other ids. Of a lease that is forgotten only the number can be read, which is never
 * given again. A number that may yet be given is not believed: it could be by the time it is used.
 */
export function leaseNumberOf(state: SchedulerState, id: LeaseId): LeaseNumber | null {
  const { leases } = state;
  const number = numberInLeaseId(id);
  const lease = leases.find(number);
  if (lease === NONE) return leases.wasGranted(number) ? number : null;
  const seed = leases.records.int(lease, SEED) ^ state.seed;
  return isLeaseIdUnder(seed, { number, id }) ? number : null;
}

/** The slot of a lease that is out or reported, of a job that has not ended; NONE for any other. */
export function openLease(state: SchedulerState, number: LeaseNumber): number {
  const lease = state.leases.find(number);
  if (lease === NONE) return NONE;
  const { records } = state.leases;
  const isOpen = records.int(lease, STATE) === OUT || records.int(lease, STATE) === REPORTED;
  return isOpen && !jobOf(state, records.int(lease, TASK)).ended ? lease : NONE;
}

/** What to say to a result of a lease that is not open: the number comes from outside. */
export function statusOfUnheld(
  state: SchedulerState,
  number: LeaseNumber,
  agent: Agent,
): ResultStatus {
  const lease = state.leases.find(number);
  if (lease === NONE) return state.leases.wasGranted(number) ? 'late' : 'foreign';
  if (agentSlotOf(state, lease) !== agent.slot) return 'foreign';
  const known = state.leases.records.int(lease, STATE);
  return known === ANSWERED || known === REPORTED ? 'duplicate' : 'late';
}

/** Who holds a lease that is out or reported. */
export function agentOfLease(state: SchedulerState, lease: number): Agent {
  const agent = state.agentSlots[agentSlotOf(state, lease)];
  if (agent === undefined || agent === null) {
    throw new Error('broken invariant: a lease has an agent');
  }
  return agent;
}

function agentSlotOf(state: SchedulerState, lease: number): number {
  return state.leases.records.int(lease, AGENT);
}

/** Takes a lease that is out from its agent and its task. */
function takeIn(state: SchedulerState, lease: number): void {
  const { leases, tasks } = state;
  const task = leases.records.int(lease, TASK);
  const job = jobOf(state, task);
  leases.byTime.remove(leases.deadlines, lease);
  const agent = agentOfLease(state, lease);
  leases.ofAgent.remove(agent.out, lease);
  removeLone(state, task, job);
  const hedge = tasks.records.int(task, HEDGE);
  if (hedge !== lease) tasks.records.setInt(task, LEASE, hedge);
  tasks.records.setInt(task, HEDGE, NONE);
  job.stage.leasesOut--;
  countOrigin(job.stage.outOfOrigin, agent.origin, -1);
}

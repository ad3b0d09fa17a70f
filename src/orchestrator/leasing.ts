import type { HandlerContext } from '@connectrpc/connect';
import { taskIdOf, type SessionId } from '../domain/ids.ts';
import type { IdleReason } from '../domain/idle.ts';
import { LONG_POLL_MS } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { LeasedTask } from '../domain/work.ts';
import { countWaiting, idleReasonFor, leaseIdOf, type GrantedLease } from '../scheduler/index.ts';
import type { Coordinator } from './coordinator.ts';
import type { LeaseWaits } from './lease-waits.ts';
import { sessionUnknown } from './session-unknown.ts';
import type { SignsOfLife } from './signs-of-life.ts';
import type { StageWorks } from './stage-works.ts';

/** What leasing needs of the orchestrator. */
export type LeasingParts = {
  readonly coordinator: Coordinator;
  readonly waits: LeaseWaits;
  readonly works: StageWorks;
  readonly life: SignsOfLife;
  /** Of the ids of all leases that this process grants. */
  readonly leaseSeed: number;
  readonly now: () => number;
  readonly isStopping: () => boolean;
  /** Fails where so much waits to be credited that nothing more is to be leased. */
  readonly mayLease: () => Outcome<void>;
};

export type Leased =
  | { readonly kind: 'granted'; readonly leases: readonly GrantedLease[] }
  | { readonly kind: 'refused'; readonly reason: IdleReason; readonly askAgainMs: number };

type Wanted = { readonly session: SessionId; readonly maxTasks: number };

const SHUTTING_DOWN: Leased = { kind: 'refused', reason: 'shutting_down', askAgainMs: 2_000 };

/**
 * Leases tasks, waiting for some as long as the agent wants to.
 *
 * Errors: "session_unknown" | "storage_full" | "storage_failed".
 */
export async function leaseOrWait(
  parts: LeasingParts,
  request: Wanted & { readonly waitMs: number; readonly context: HandlerContext },
): Promise<Outcome<Leased>> {
  const { context, session } = request;
  const deadlineAtMs = parts.now() + Math.min(request.waitMs, LONG_POLL_MS);
  for (;;) {
    const round = parts.waits.round();
    const outcome = await leaseNow(parts, request);
    if (!outcome.ok) return outcome;
    const leased = outcome.value;
    const leftMs = deadlineAtMs - parts.now();
    if (leased.kind === 'granted' || leftMs <= 0) return outcome;
    if (leased.reason === 'quarantined' || leased.reason === 'shutting_down') return outcome;
    // What was refused to this one may be for the next.
    if (countWaiting(parts.coordinator.state) > 0) parts.waits.passOn();
    // Its own results are judged meanwhile, or others take more, which makes no work available.
    const holdsMost =
      leased.reason === 'too_many_leases' ||
      leased.reason === 'first_results_pending' ||
      leased.reason === 'range_at_share';
    const waitMs = holdsMost ? Math.min(leased.askAgainMs, leftMs) : leftMs;
    const release = parts.life.held(session);
    const wake = await parts.waits.wait({ round, waitMs, signal: context.signal });
    release();
    if (wake === 'stopped') return succeed(SHUTTING_DOWN);
    parts.life.heard(session, parts.now());
    if (wake === 'ended') return leaseNow(parts, request);
    if (wake === 'time' && waitMs === leftMs) return outcome;
  }
}

/**
 * Leases tasks that are there now.
 *
 * What was submitted before in the same turn has happened when these are granted, and is made
 * durable with them.
 * Errors: as `leaseOrWait`, and "queue_full" where too many credits wait for the record.
 */
export async function leaseNow(parts: LeasingParts, wanted: Wanted): Promise<Outcome<Leased>> {
  if (parts.isStopping()) return succeed(SHUTTING_DOWN);
  const { coordinator, leaseSeed: seed } = parts;
  const { session, maxTasks } = wanted;
  // A refusal changes nothing, so it is told without an event.
  const idle = idleReasonFor(coordinator.state, session, coordinator.nowMs());
  if (idle !== null) return succeed({ kind: 'refused', ...idle });
  const may = parts.mayLease();
  if (!may.ok) return may;
  const effects = await coordinator.submit({ kind: 'lease-requested', session, maxTasks, seed });
  if (!effects.ok) return effects;
  for (const effect of effects.value) {
    if (effect.kind === 'leases-granted')
      return succeed({ kind: 'granted', leases: effect.leases });
    if (effect.kind === 'lease-refused') return succeed({ ...effect, kind: 'refused' });
  }
  return fail(sessionUnknown());
}

/** Leases that this process granted, as agents are told of them. Rejects as the store does. */
export async function tasksOf(
  { works, leaseSeed }: Pick<LeasingParts, 'works' | 'leaseSeed'>,
  leases: readonly GrantedLease[],
): Promise<LeasedTask[]> {
  const tasks: LeasedTask[] = [];
  for (const { lease: number, job, stage, index, rows, leaseMs } of leases) {
    const { work, jobName } = works.known({ job, stage }) ?? (await works.of({ job, stage }));
    const lease = leaseIdOf(leaseSeed, number);
    const task = taskIdOf(job, { stage, index });
    tasks.push({ lease, task, job, jobName, work, rows, leaseMs });
  }
  return tasks;
}

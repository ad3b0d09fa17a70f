// Stragglers: near a stage's end, when nothing of it waits, an idle agent is given a task that
// another takes too long for, so that one slow device does not keep a job from ending. The first
// result counts. Bounded: once a task, and HEDGED_SHARE_MAX of a stage's rows.
// Source: backup tasks, Dean and Ghemawat 2004, "MapReduce", section 3.6.
import {
  HEDGE_LATENESS,
  HEDGE_MS_MIN,
  HEDGED_SHARE_MAX,
  HEDGES_SCANNED_MAX,
} from '../domain/limits.ts';
import { groupsOf } from './fair-share.ts';
import { AGENT, EXPECTED_MS, GRANTED_AT } from './lease-table.ts';
import { NONE } from './slot-list.ts';
import { expectedMs } from './speed.ts';
import type { Agent, Job, SchedulerState } from './state.ts';
import { rowsOf } from './task-rows.ts';
import { CHECK, FIRST_RESULT, HEDGE, HEDGED, LEASE, NO_CHECK } from './task-table.ts';

/** A task that an agent may be given beside another, now or later. */
export type Hedge = { readonly task: number; readonly fromMs: number };

/** The straggling task that an agent may be given soonest; null where there is none for it. */
export function findHedge(state: SchedulerState, agent: Agent, atMs: number): Hedge | null {
  // A key that has shown nothing yet would only double the waiting.
  if (agent.accepted === 0) return null;
  let soonest: Hedge | null = null;
  let seen = 0;
  for (const { closing } of groupsOf(agent)) {
    for (const job of closing) {
      if (++seen > HEDGES_SCANNED_MAX) return soonest;
      const hedge = hedgeIn(state, job, { agent, atMs });
      if (hedge !== null && (soonest === null || hedge.fromMs < soonest.fromMs)) soonest = hedge;
    }
  }
  return soonest;
}

/** Counts a task as given to a second agent. */
export function noteHedged(state: SchedulerState, job: Job, task: number): void {
  state.tasks.setFlag(task, HEDGED);
  job.stage.rowsHedged += rowsOf(state, task);
}

function hedgeIn(
  state: SchedulerState,
  job: Job,
  of: { readonly agent: Agent; readonly atMs: number },
): Hedge | null {
  let soonest: Hedge | null = null;
  let seen = 0;
  for (const task of state.tasks.ofJob.of(job.tasks)) {
    if (++seen > HEDGES_SCANNED_MAX) break;
    const fromMs = hedgeAtMs(state, job, { ...of, task });
    if (fromMs !== null && (soonest === null || fromMs < soonest.fromMs))
      soonest = { task, fromMs };
  }
  return soonest;
}

function hedgeAtMs(
  state: SchedulerState,
  { stage }: Job,
  of: { readonly agent: Agent; readonly atMs: number; readonly task: number },
): number | null {
  const { agent, task } = of;
  const { records } = state.tasks;
  const lease = records.int(task, LEASE);
  const isWithOne = lease !== NONE && records.int(task, HEDGE) === NONE;
  if (!isWithOne || records.int(task, CHECK) !== NO_CHECK || state.tasks.has(task, HEDGED))
    return null;
  const rows = rowsOf(state, task);
  const most = Math.max(rows, HEDGED_SHARE_MAX * stage.rowsClaimed);
  if (stage.rowsHedged + rows > most) return null;
  const holders = [lease, records.int(task, FIRST_RESULT)].filter((held) => held !== NONE);
  if (holders.some((held) => state.leases.records.int(held, AGENT) === agent.slot)) return null;
  const grantedAtMs = state.leases.records.float(lease, GRANTED_AT);
  const lateMs = HEDGE_LATENESS * state.leases.records.int(lease, EXPECTED_MS);
  const fromMs = grantedAtMs + Math.max(HEDGE_MS_MIN, lateMs);
  // What would take this agent longer than the other has been at it already is no help.
  const mineMs = expectedMs(agent, stage, rows);
  return Math.max(fromMs, grantedAtMs + mineMs);
}

import { describe, expect, it } from 'vitest';
import { HEDGED_SHARE_MAX } from '../domain/limits.ts';
import { randomStream } from '../domain/random.ts';
import type { GrantedLease } from './effect.ts';
import { groupsOf } from './fair-share.ts';
import { findHedge } from './hedging.ts';
import { AGENT, EXPECTED_MS, GRANTED_AT } from './lease-table.ts';
import { lateMsOf } from './lone-tasks.ts';
import { agentNamed, checksIn, Rehearsal, sessionNamed, stageOf } from './rehearsal.contract.ts';
import { NONE } from './slot-list.ts';
import { expectedMs } from './speed.ts';
import type { Agent, Job, SchedulerState } from './state.ts';
import { checkInvariants } from './state-invariants.contract.ts';
import { rowsOf } from './task-rows.ts';
import { FIRST_RESULT, HEDGE, HEDGED, LEASE } from './task-table.ts';

const NAMES = ['ada', 'ben', 'cyd', 'dot', 'eve', 'fay'];
const POLICIES = [{ kind: 'recompute', share: 1 }, { kind: 'twice' }] as const;
// How far tasks are alike that stand in one list; a little more than a quarter, for floats of 32.
const ALIKE = 1.2501;
const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1);

/** What each agent may be given beside another, by looking at all tasks there are. */
function lookAtAll(state: SchedulerState, agent: Agent): { soonestMs: number; atWorstMs: number } {
  let [soonestMs, atWorstMs] = [Infinity, Infinity];
  for (const group of groupsOf(agent)) {
    for (const job of group.jobs) {
      if (!job.closing) continue;
      for (const task of state.tasks.ofJob.of(job.tasks)) {
        if (!isOpenTo(state, task, agent)) continue;
        const lease = state.tasks.records.int(task, LEASE);
        const grantedAtMs = state.leases.records.float(lease, GRANTED_AT);
        const rows = rowsOf(state, task);
        const waitMs = Math.max(
          lateMsOf(state.leases.records.int(lease, EXPECTED_MS)),
          expectedMs(agent, job.stage, rows),
        );
        if (fits(job, rows)) soonestMs = Math.min(soonestMs, grantedAtMs + waitMs);
        if (fits(job, ALIKE * rows)) atWorstMs = Math.min(atWorstMs, grantedAtMs + ALIKE * waitMs);
      }
    }
  }
  return { soonestMs, atWorstMs };
}

function isOpenTo(state: SchedulerState, task: number, agent: Agent): boolean {
  const int = (word: number): number => state.tasks.records.int(task, word);
  if (int(LEASE) === NONE || int(HEDGE) !== NONE || state.tasks.has(task, HEDGED)) return false;
  const parts = [int(LEASE), int(FIRST_RESULT)].filter((lease) => lease !== NONE);
  return parts.every((lease) => state.leases.records.int(lease, AGENT) !== agent.slot);
}

function fits({ stage }: Job, rows: number): boolean {
  return stage.rowsHedged === 0 || stage.rowsHedged + rows <= HEDGED_SHARE_MAX * stage.rowsClaimed;
}

describe('a straggler', () => {
  it.each(SEEDS)(
    'is found as soon as by looking at all tasks, within a quarter, under seed %i',
    (seed) => {
      const random = randomStream(seed, 'stragglers');
      const rehearsal = new Rehearsal(seed);
      const held = new Map<string, GrantedLease[]>(NAMES.map((name) => [name, []]));
      for (const name of NAMES) rehearsal.join(name);
      let jobs = 0;
      let found = 0;
      const act = (): void => {
        const name = NAMES[random.nextBelow(NAMES.length)]!;
        const leases = held.get(name)!;
        switch (random.nextBelow(6)) {
          case 0: {
            if (rehearsal.state.tasksWaiting > 0) return;
            const rowCount = 1 + random.nextBelow(400);
            const isFitted = random.nextBelow(2) === 0;
            const cut = { kind: 'fitted', grainRows: 1, rowsMax: 90 } as const;
            const plan = { ...stageOf({ rowCount, rowsPerTask: 4 }), ...(isFitted && { cut }) };
            const msPerRow = 1 + random.nextBelow(400);
            rehearsal.submit(jobs++, { ...plan, msPerRow }, POLICIES[random.nextBelow(2)]!);
            return;
          }
          case 1:
          case 2: {
            const [lease] = leases.splice(random.nextBelow(Math.max(1, leases.length)), 1);
            if (lease === undefined) return;
            const session = sessionNamed(name);
            const computeMs = 2 ** random.nextBelow(16);
            const results = [
              { lease: lease.lease, result: { kind: 'output' }, computeMs },
            ] as const;
            const effects = rehearsal.send({ kind: 'results-reported', session, results });
            if (random.nextBelow(4) > 0)
              for (const check of checksIn(effects)) rehearsal.judge(check);
            return;
          }
          default:
            leases.push(...rehearsal.lease(name, 1 + random.nextBelow(8)));
        }
      };
      for (let acts = 0; acts < 600; acts++) {
        act();
        rehearsal.after(random.nextBelow(400));
        for (const name of NAMES) {
          const agent = rehearsal.state.agents.get(agentNamed(name))!;
          const { soonestMs, atWorstMs } = lookAtAll(rehearsal.state, agent);
          const fromMs = findHedge(rehearsal.state, agent)?.fromMs ?? Infinity;
          if (agent.accepted === 0) continue;
          if (fromMs < Infinity) found++;
          expect(fromMs).toBeGreaterThanOrEqual(soonestMs);
          expect(fromMs).toBeLessThanOrEqual(atWorstMs);
        }
        if (acts % 20 === 0) checkInvariants(rehearsal.state);
      }
      expect(found).toBeGreaterThan(100);
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { TASK_ATTEMPTS_MAX } from '../domain/limits.ts';
import { standingOf } from './queries.ts';
import {
  agentNamed,
  checksIn,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theAccepted,
  theCheck,
} from './rehearsal.contract.ts';
import type { LeaseNumber } from './slot-number.ts';
import { checkInvariants } from './state-invariants.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;
const TWICE = { kind: 'twice' } as const;

function network(checking: CheckingPolicy, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount: 1, rowsPerTask: 1 }), checking);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

function withdraw(rehearsal: Rehearsal, name: string, ...leases: LeaseNumber[]) {
  const session = sessionNamed(name);
  const effects = rehearsal.send({ kind: 'results-withdrawn', session, leases });
  checkInvariants(rehearsal.state);
  return effects;
}

const pendingOf = (rehearsal: Rehearsal, name: string) =>
  standingOf(rehearsal.state, agentNamed(name));

describe('a withdrawn result', () => {
  it('that is being checked returns its task to others, and its agent is not blamed', () => {
    const rehearsal = network(ALL, 'ada', 'ben');
    const { lease, rows } = rehearsal.leaseOne('ada');
    const check = theCheck(rehearsal.report('ada', lease));
    withdraw(rehearsal, 'ada', lease);
    expect(pendingOf(rehearsal, 'ada')).toMatchObject({ pending: 0, rejected: 0 });
    expect(rehearsal.leaseOne('ben').rows).toEqual(rows);
    // The verdict that was under way comes too late to blame anybody.
    expect(only('agent-quarantined', rehearsal.judge(check, [agentNamed('ada')]))).toEqual([]);
    expect(pendingOf(rehearsal, 'ada').quarantine).toBeNull();
  });

  it('of two leaves the other one, which waits for a second again', () => {
    const rehearsal = network(TWICE, 'ada', 'ben', 'cyd');
    const first = rehearsal.leaseOne('ada');
    rehearsal.report('ada', first.lease);
    const second = rehearsal.leaseOne('ben');
    theCheck(rehearsal.report('ben', second.lease));
    withdraw(rehearsal, 'ben', second.lease);
    const third = rehearsal.leaseOne('cyd');
    const check = theCheck(rehearsal.report('cyd', third.lease));
    const agents = [agentNamed('ada'), agentNamed('cyd')];
    expect(check.results.map(({ agent }) => agent)).toEqual(agents);
    expect(theAccepted(rehearsal.judge(check)).agents).toEqual(agents);
  });

  it('that was not reported yet is a failure, and a duplicate when it comes', () => {
    const rehearsal = network(ALL, 'ada', 'ben');
    const { lease, rows } = rehearsal.leaseOne('ada');
    withdraw(rehearsal, 'ada', lease);
    expect(the('results-received', rehearsal.report('ada', lease)).statuses).toEqual(['duplicate']);
    expect(rehearsal.leaseOne('ben').rows).toEqual(rows);
  });

  it('that was judged stays accepted', () => {
    const rehearsal = network(ALL, 'ada', 'ben');
    const { lease } = rehearsal.leaseOne('ada');
    rehearsal.judge(theCheck(rehearsal.report('ada', lease)));
    withdraw(rehearsal, 'ada', lease);
    expect(pendingOf(rehearsal, 'ada').accepted).toBe(1);
    expect(rehearsal.lease('ben')).toEqual([]);
  });

  it("is the agent's own, or it stays", () => {
    const rehearsal = network(ALL, 'ada', 'mal');
    const { lease } = rehearsal.leaseOne('ada');
    const check = theCheck(rehearsal.report('ada', lease));
    withdraw(rehearsal, 'mal', lease);
    expect(theAccepted(rehearsal.judge(check)).agents).toEqual([agentNamed('ada')]);
  });

  it('counts as a try: nobody keeps a task going round for ever', () => {
    const names = Array.from({ length: TASK_ATTEMPTS_MAX }, (_, index) => `agent ${index}`);
    const rehearsal = network(ALL, ...names);
    const ended: number[] = [];
    for (const [index, name] of names.entries()) {
      rehearsal.after(60_000);
      for (const other of names) rehearsal.beat(other);
      const { lease } = rehearsal.leaseOne(name);
      expect(checksIn(rehearsal.report(name, lease))).toHaveLength(1);
      const effects = withdraw(rehearsal, name, lease);
      if (only('job-ended', effects).length > 0) ended.push(index);
    }
    expect(ended).toEqual([TASK_ATTEMPTS_MAX - 1]);
  });

  it('of a session that is over is answered as such', () => {
    const rehearsal = network(ALL, 'ada');
    const { lease } = rehearsal.leaseOne('ada');
    const unknown = the('session-unknown', withdraw(rehearsal, 'gone', lease));
    expect(unknown.session).toBe(sessionNamed('gone'));
  });
});

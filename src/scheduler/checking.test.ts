import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import {
  QUARANTINE_MS,
  SECOND_OPINION_MS,
  UNJUDGED_FOR_SECOND_OPINION_MAX,
  UNJUDGED_PER_AGENT_MAX,
} from '../domain/limits.ts';
import { nextMove } from './checking-rules.ts';
import { jobView, leaseOf, standingOf } from './queries.ts';
import {
  agentNamed,
  checksIn,
  theAccepted,
  theCheck,
  deviceWith,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
} from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;

function network(checking: CheckingPolicy, taskCount: number, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount: taskCount, rowsPerTask: 1 }), checking);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

describe('the next move of a task', () => {
  const recompute = { kind: 'recompute', share: 0.5 } as const;
  const lease = { kind: 'lease' };
  const half = { kind: 'check', mode: recompute };
  const whole = { kind: 'check', mode: ALL };
  const compare = { kind: 'check', mode: { kind: 'compare' } };
  it.each([
    [{ kind: 'auto' }, 0, true, lease],
    [{ kind: 'auto' }, 1, true, lease],
    [{ kind: 'auto' }, 1, false, whole],
    [{ kind: 'auto' }, 2, false, compare],
    [{ kind: 'twice' }, 0, false, lease],
    [{ kind: 'twice' }, 1, false, lease],
    [{ kind: 'twice' }, 2, true, compare],
    [recompute, 0, true, lease],
    [recompute, 1, true, half],
  ] as const)(
    'under %o with %i results (second expected: %s) is %o',
    (policy, count, second, move) => {
      expect(nextMove(policy, { resultCount: count, secondExpected: second })).toEqual(move);
    },
  );
});

describe('checking twice', () => {
  it('leases each task to two keys, and compares their results', () => {
    const rehearsal = network({ kind: 'twice' }, 1, 'ada', 'ben');
    const first = rehearsal.leaseOne('ada');
    const waiting = rehearsal.report('ada', first.lease);
    expect(checksIn(waiting)).toEqual([]);
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('already_did');
    const second = rehearsal.leaseOne('ben');
    const check = theCheck(rehearsal.report('ben', second.lease));
    expect(check).toMatchObject({ mode: { kind: 'compare' }, index: first.index });
    expect(check.results.map(({ lease }) => lease)).toEqual([first.lease, second.lease]);
    const accepted = theAccepted(rehearsal.judge(check));
    expect(accepted.agents).toEqual([agentNamed('ada'), agentNamed('ben')]);
    expect(standingOf(rehearsal.state, agentNamed('ben'))).toMatchObject({ accepted: 1 });
  });

  it('waits for a second agent as long as it takes', () => {
    const rehearsal = network({ kind: 'twice' }, 1, 'ada');
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    for (let spent = 0; spent < 3 * SECOND_OPINION_MS; spent += SECOND_OPINION_MS / 2) {
      rehearsal.after(SECOND_OPINION_MS / 2).beat('ada');
      expect(rehearsal.tick()).toEqual([]);
    }
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('already_did');
    rehearsal.join('ben');
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });

  it('never takes both results from one key, though it joins anew', () => {
    const rehearsal = network({ kind: 'twice' }, 1, 'ada');
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    rehearsal.join('ada', deviceWith(['add']), 'anew');
    expect(the('lease-refused', rehearsal.ask('anew')).reason).toBe('already_did');
  });

  it('quarantines who was wrong and keeps the other result', () => {
    const rehearsal = network({ kind: 'twice' }, 1, 'mal', 'ben');
    rehearsal.report('mal', rehearsal.leaseOne('mal').lease);
    const second = rehearsal.leaseOne('ben');
    const check = theCheck(rehearsal.report('ben', second.lease));
    const effects = rehearsal.judge(check, [agentNamed('mal')]);
    expect(the('stage-finished', effects).results).toMatchObject([{ lease: second.lease }]);
    expect(theAccepted(effects).agents).toEqual([agentNamed('ben')]);
    expect(the('agent-quarantined', effects)).toMatchObject({
      agent: agentNamed('mal'),
      untilMs: rehearsal.atMs + QUARANTINE_MS,
    });
    expect(standingOf(rehearsal.state, agentNamed('mal'))).toMatchObject({ rejected: 1 });
    expect(jobView(rehearsal.state, jobNamed(0))?.contributorCount).toBe(1);
  });

  it('begins the task anew when both were wrong', () => {
    const rehearsal = network({ kind: 'twice' }, 1, 'mal', 'eve', 'ben');
    rehearsal.report('mal', rehearsal.leaseOne('mal').lease);
    const check = theCheck(rehearsal.report('eve', rehearsal.leaseOne('eve').lease));
    const effects = rehearsal.judge(check, [agentNamed('mal'), agentNamed('eve')]);
    expect(only('agent-quarantined', effects)).toHaveLength(2);
    expect(only('tasks-accepted', effects)).toEqual([]);
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });
});

describe('checking auto', () => {
  it('recomputes all rows where nobody else is able', () => {
    const rehearsal = network({ kind: 'auto' }, 1, 'ada');
    rehearsal.join('other', deviceWith(['matmul']));
    const effects = rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    expect(theCheck(effects).mode).toEqual(ALL);
  });

  it('asks another able agent, and recomputes when none took it in time', () => {
    const rehearsal = network({ kind: 'auto' }, 1, 'ada', 'idle');
    const effects = rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    expect(checksIn(effects)).toEqual([]);
    rehearsal.after(SECOND_OPINION_MS - 1);
    expect(rehearsal.tick()).toEqual([]);
    rehearsal.after(1);
    expect(theCheck(rehearsal.tick()).mode).toEqual(ALL);
    expect(the('lease-refused', rehearsal.ask('idle')).reason).toBe('all_leased');
  });

  it('waits for a second opinion that is being computed, however long', () => {
    const rehearsal = network({ kind: 'auto' }, 1, 'ada', 'ben');
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    const { lease } = rehearsal.leaseOne('ben');
    rehearsal.after(SECOND_OPINION_MS);
    expect(checksIn(rehearsal.tick())).toEqual([]);
    const effects = rehearsal.report('ben', lease);
    expect(theCheck(effects).mode).toEqual({ kind: 'compare' });
  });

  it('recomputes at once when a second opinion is lost after the time for it', () => {
    const rehearsal = network({ kind: 'auto' }, 1, 'ada', 'ben', 'cyd');
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    const { lease } = rehearsal.leaseOne('ben');
    rehearsal.after(SECOND_OPINION_MS);
    rehearsal.tick();
    expect(theCheck(rehearsal.fail('ben', lease)).mode).toEqual(ALL);
    expect(the('results-received', rehearsal.report('ben', lease)).statuses).toEqual(['duplicate']);
  });

  it('recomputes at once when the last other able agent leaves', () => {
    const rehearsal = network({ kind: 'auto' }, 1, 'ada', 'ben');
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    const effects = rehearsal.send({ kind: 'agent-left', session: sessionNamed('ben') });
    expect(theCheck(effects).mode).toEqual(ALL);
  });
});

describe('an agent with a backlog of unjudged results', () => {
  it('is not waited for: auto recomputes above UNJUDGED_FOR_SECOND_OPINION_MAX', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(1, stageOf({ rowCount: 1, rowsPerTask: 1 }), ALL);
    rehearsal.join('ada');
    rehearsal.prove('ada');
    rehearsal.submit(0, stageOf({ rowCount: 1000, rowsPerTask: 1 }), { kind: 'auto' });
    rehearsal.join('slow');
    const modes: string[] = [];
    for (let count = 0; count <= UNJUDGED_FOR_SECOND_OPINION_MAX; count++) {
      const effects = rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
      modes.push(...checksIn(effects).map(({ mode }) => mode.kind));
    }
    expect(modes).toEqual(['recompute']);
  });

  it('gets no more leases at UNJUDGED_PER_AGENT_MAX, until one is judged', () => {
    const rehearsal = network(ALL, 2 * UNJUDGED_PER_AGENT_MAX, 'ada');
    rehearsal.prove('ada');
    let effects = rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    for (let count = 1; count < UNJUDGED_PER_AGENT_MAX; count++) {
      effects = rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    }
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('too_many_leases');
    rehearsal.judge(theCheck(effects));
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });
});

describe('a quarantine', () => {
  function caught(): Rehearsal {
    const rehearsal = network(ALL, 9, 'mal');
    const [lied, other] = [rehearsal.leaseOne('mal'), rehearsal.leaseOne('mal')];
    rehearsal.leaseOne('mal');
    rehearsal.report('mal', other.lease);
    const check = theCheck(rehearsal.report('mal', lied.lease));
    rehearsal.judge(check, [agentNamed('mal')]);
    return rehearsal;
  }

  it('returns the leases and drops the other results that were not judged', () => {
    const rehearsal = caught();
    const view = jobView(rehearsal.state, jobNamed(0));
    expect(view).toMatchObject({ tasksLeased: 0, tasksChecking: 0, tasksAccepted: 0 });
    rehearsal.join('ben');
    expect(rehearsal.lease('ben', 64)).toHaveLength(9);
  });

  it('makes verdicts on dropped results harmless', () => {
    const rehearsal = network(ALL, 2, 'mal', 'ben');
    const [lied, other] = [rehearsal.leaseOne('mal'), rehearsal.leaseOne('mal')];
    const late = theCheck(rehearsal.report('mal', other.lease));
    const check = theCheck(rehearsal.report('mal', lied.lease));
    rehearsal.judge(check, [agentNamed('mal')]);
    expect(rehearsal.judge(late)).toEqual([]);
    expect(leaseOf(rehearsal.state, other.lease)).toBeNull();
    expect(rehearsal.lease('ben', 9)).toHaveLength(2);
  });

  it('keeps the other result of a comparison that it interrupts', () => {
    const rehearsal = network({ kind: 'twice' }, 2, 'mal', 'ben', 'cyd');
    const [one, two] = [rehearsal.leaseOne('mal'), rehearsal.leaseOne('mal')];
    rehearsal.report('mal', one.lease);
    rehearsal.report('mal', two.lease);
    const [first, second] = rehearsal.lease('ben', 2);
    const check = theCheck(rehearsal.report('ben', first!.lease)); // two waited
    const open = theCheck(rehearsal.report('ben', second!.lease));
    rehearsal.judge(check, [agentNamed('mal')]);
    expect(leaseOf(rehearsal.state, second!.lease)).not.toBeNull();
    expect(rehearsal.judge(open)).toEqual([]);
    expect(rehearsal.judge(open, [agentNamed('mal'), agentNamed('ben')])).toEqual([]);
    const third = rehearsal.leaseOne('cyd');
    const compared = theCheck(rehearsal.report('cyd', third.lease));
    expect(rehearsal.judge(open, [agentNamed('mal'), agentNamed('ben')])).toEqual([]);
    expect(compared.results.map(({ lease }) => lease)).toEqual([second!.lease, third.lease]);
  });

  it('gives a result that takes the place of a dropped one its own time for a second', () => {
    const rehearsal = network({ kind: 'auto' }, 2, 'mal', 'ben', 'cyd');
    rehearsal.report('mal', rehearsal.leaseOne('mal').lease);
    const { lease } = rehearsal.leaseOne('ben');
    const other = rehearsal.leaseOne('mal');
    rehearsal.after(SECOND_OPINION_MS).tick();
    rehearsal.report('mal', other.lease, { kind: 'malformed', reason: 'no rows' });
    expect(checksIn(rehearsal.report('ben', lease))).toEqual([]);
    rehearsal.after(SECOND_OPINION_MS - 1);
    expect(checksIn(rehearsal.tick())).toEqual([]);
    rehearsal.after(1);
    expect(theCheck(rehearsal.tick()).mode).toEqual(ALL);
  });

  it('is not left by joining again, and ends by time', () => {
    const rehearsal = caught();
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('mal') });
    rehearsal.join('mal');
    rehearsal.after(1000);
    expect(the('lease-refused', rehearsal.ask('mal'))).toMatchObject({
      reason: 'quarantined',
      askAgainMs: QUARANTINE_MS - 1000,
    });
    rehearsal.after(QUARANTINE_MS - 1001);
    rehearsal.tick();
    rehearsal.join('mal');
    expect(rehearsal.lease('mal')).toEqual([]);
    rehearsal.after(1);
    expect(only('work-available', rehearsal.tick())).toHaveLength(1);
    expect(rehearsal.lease('mal')).toHaveLength(1);
    expect(standingOf(rehearsal.state, agentNamed('mal')).quarantine).toBeNull();
  });

  it('follows a malformed output, which counts as rejected', () => {
    const rehearsal = network(ALL, 2, 'mal', 'ben');
    const lease = rehearsal.leaseOne('mal');
    const malformed = { kind: 'malformed', reason: 'shape [2] where [1] is due' } as const;
    const effects = rehearsal.report('mal', lease.lease, malformed);
    expect(the('results-received', effects).statuses).toEqual(['malformed']);
    expect(the('agent-quarantined', effects).reason).toBe(malformed.reason);
    expect(standingOf(rehearsal.state, agentNamed('mal'))).toMatchObject({ rejected: 1 });
    expect(rehearsal.lease('ben', 9)).toHaveLength(2);
  });
});

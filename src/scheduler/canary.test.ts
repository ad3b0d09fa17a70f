import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { KNOWN_ANSWER_SHARE, SECOND_OPINION_MS, TASK_ATTEMPTS_MAX } from '../domain/limits.ts';
import type { CheckRequest } from './effect.ts';
import { jobView, standingOf } from './queries.ts';
import {
  agentNamed,
  checksIn,
  deviceWith,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theAccepted,
  theCheck,
} from './rehearsal.contract.ts';
import { checkInvariants } from './state-invariants.contract.ts';

/** So many that some would be known answers. Count. */
const MANY = Math.ceil(5 / KNOWN_ANSWER_SHARE);
const RECOMPUTE: CheckingPolicy = { kind: 'recompute', share: 1 };
const TWICE: CheckingPolicy = { kind: 'twice' };

function network(checking: CheckingPolicy, taskCount = 1): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount: taskCount, rowsPerTask: 1 }), checking);
  return rehearsal;
}

function joinCanary(rehearsal: Rehearsal, name: string): void {
  rehearsal.send({
    kind: 'agent-joined',
    agent: agentNamed(name),
    session: sessionNamed(name),
    capability: deviceWith(['add']),
    canary: true,
  });
}

/** An agent computes a task: the effects of its report. */
const computed = (rehearsal: Rehearsal, name: string) =>
  rehearsal.report(name, rehearsal.leaseOne(name).lease);

/** A check of two results, one of a canary and one of an honest agent. */
function pairOf(rehearsal: Rehearsal, names: readonly [string, string]): CheckRequest {
  const [first, second] = names;
  computed(rehearsal, first);
  return theCheck(computed(rehearsal, second));
}

const standing = (rehearsal: Rehearsal, name: string) =>
  standingOf(rehearsal.state, agentNamed(name));

describe('a canary', () => {
  it('whose lie is accepted gives no output: its task waits for another', () => {
    const rehearsal = network(RECOMPUTE);
    joinCanary(rehearsal, 'tweety');
    const effects = rehearsal.judge(theCheck(computed(rehearsal, 'tweety')));
    expect(only('tasks-accepted', effects)).toEqual([]);
    expect(only('stage-finished', effects)).toEqual([]);
    expect(only('work-available', effects)).toHaveLength(1);
    expect(standing(rehearsal, 'tweety')).toMatchObject({ accepted: 1, rejected: 0, pending: 0 });
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({
      tasksAccepted: 0,
      contributorCount: 0,
    });
    checkInvariants(rehearsal.state);
    rehearsal.join('ada');
    const used = rehearsal.judge(theCheck(computed(rehearsal, 'ada')));
    expect(theAccepted(used).agents).toEqual([agentNamed('ada')]);
    expect(only('stage-finished', used)).toHaveLength(1);
    checkInvariants(rehearsal.state);
  });

  it('and none of what is accepted after samples of it', () => {
    const rehearsal = network({ kind: 'adaptive' });
    joinCanary(rehearsal, 'tweety');
    const { task, results } = theCheck(computed(rehearsal, 'tweety'));
    const lease = results[0]?.lease ?? null;
    if (lease === null) throw new Error('a check has a result');
    const verdicts = [{ lease, verdict: { kind: 'accepted' } as const }];
    const judgement = { task, verdicts, accepted: lease, sampled: true as const };
    const effects = rehearsal.send({ kind: 'judged', judgements: [judgement] });
    expect(only('tasks-accepted', effects)).toEqual([]);
    checkInvariants(rehearsal.state);
  });

  it('gives no known answer, though all of its result was verified', () => {
    // Each seed draws anew which tasks are known answers.
    const used = Array.from({ length: MANY }, (_, seed) => {
      const rehearsal = new Rehearsal(seed);
      const plan = stageOf({ rowCount: 1, rowsPerTask: 1 });
      rehearsal.submit(0, plan, { kind: 'adaptive' }, { workload: 'inference' });
      joinCanary(rehearsal, 'tweety');
      const effects = rehearsal.judge(theCheck(computed(rehearsal, 'tweety')));
      const later = rehearsal.after(SECOND_OPINION_MS).tick();
      checkInvariants(rehearsal.state);
      return only('tasks-accepted', [...effects, ...later]);
    });
    expect(used.flat()).toEqual([]);
  });

  it('that is found out is quarantined as any other', () => {
    const rehearsal = network(RECOMPUTE);
    joinCanary(rehearsal, 'tweety');
    const check = theCheck(computed(rehearsal, 'tweety'));
    const { agent } = the('agent-quarantined', rehearsal.judge(check, [agentNamed('tweety')]));
    expect(agent).toBe(agentNamed('tweety'));
    checkInvariants(rehearsal.state);
  });

  const PAIRS = [
    ['first', ['tweety', 'ada']],
    ['second', ['ada', 'tweety']],
  ] as const;

  it.each(PAIRS)('that is the %s to agree has not confirmed the other', (_, names) => {
    const rehearsal = network(TWICE);
    joinCanary(rehearsal, 'tweety');
    rehearsal.join('ada');
    const effects = rehearsal.judge(pairOf(rehearsal, names));
    expect(only('tasks-accepted', effects)).toEqual([]);
    expect(standing(rehearsal, 'tweety')).toMatchObject({ accepted: 1, pending: 0 });
    expect(standing(rehearsal, 'ada')).toMatchObject({ accepted: 0, pending: 1 });
    checkInvariants(rehearsal.state);
    rehearsal.join('ben');
    const used = rehearsal.judge(theCheck(computed(rehearsal, 'ben')));
    expect(theAccepted(used).agents).toEqual([agentNamed('ada'), agentNamed('ben')]);
    checkInvariants(rehearsal.state);
  });

  it.each(PAIRS)('that is the %s of two, and lies, leaves the other its result', (_, names) => {
    const rehearsal = network(TWICE);
    joinCanary(rehearsal, 'tweety');
    rehearsal.join('ada');
    const effects = rehearsal.judge(pairOf(rehearsal, names), [agentNamed('tweety')]);
    expect(theAccepted(effects).agents).toEqual([agentNamed('ada')]);
    expect(standing(rehearsal, 'tweety').quarantine).not.toBeNull();
    checkInvariants(rehearsal.state);
  });

  it.each(PAIRS)('that is the %s of two, and right, is not used beside a liar', (_, names) => {
    const rehearsal = network(TWICE);
    joinCanary(rehearsal, 'tweety');
    rehearsal.join('ada');
    const effects = rehearsal.judge(pairOf(rehearsal, names), [agentNamed('ada')]);
    expect(only('tasks-accepted', effects)).toEqual([]);
    expect(standing(rehearsal, 'ada').quarantine).not.toBeNull();
    expect(standing(rehearsal, 'tweety')).toMatchObject({ accepted: 1, rejected: 0 });
    checkInvariants(rehearsal.state);
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({ tasksAccepted: 0 });
  });

  it('that agrees with another canary has confirmed nothing', () => {
    const rehearsal = network(TWICE);
    joinCanary(rehearsal, 'tweety');
    joinCanary(rehearsal, 'hansi');
    const effects = rehearsal.judge(pairOf(rehearsal, ['tweety', 'hansi']));
    expect(only('tasks-accepted', effects)).toEqual([]);
    expect(checksIn(effects)).toEqual([]);
    for (const name of ['tweety', 'hansi']) {
      expect(standing(rehearsal, name)).toMatchObject({ accepted: 1, pending: 0 });
    }
    checkInvariants(rehearsal.state);
  });

  const USES: [string, (rehearsal: Rehearsal, name: string) => void][] = [
    [
      'lies',
      (rehearsal, name) => {
        rehearsal.judge(theCheck(computed(rehearsal, name)), [agentNamed(name)]);
      },
    ],
    [
      'is malformed',
      (rehearsal, name) => {
        const result = { kind: 'malformed', reason: 'no outputs' } as const;
        rehearsal.report(name, rehearsal.leaseOne(name).lease, result);
      },
    ],
    ['fails', (rehearsal, name) => void rehearsal.fail(name, rehearsal.leaseOne(name).lease)],
  ];

  it.each(USES)('that %s uses up no attempts of a task', (_, use) => {
    const rehearsal = network(RECOMPUTE);
    for (let life = 0; life <= TASK_ATTEMPTS_MAX; life++) {
      joinCanary(rehearsal, `canary ${life}`);
      use(rehearsal, `canary ${life}`);
      rehearsal.send({ kind: 'agent-left', session: sessionNamed(`canary ${life}`) });
    }
    checkInvariants(rehearsal.state);
    rehearsal.join('ada');
    const used = rehearsal.judge(theCheck(computed(rehearsal, 'ada')));
    expect(only('stage-finished', used)).toHaveLength(1);
  });

  it('of a liar that is none uses up attempts: a control', () => {
    const rehearsal = network(RECOMPUTE);
    for (let life = 0; life < TASK_ATTEMPTS_MAX; life++) {
      rehearsal.join(`liar ${life}`);
      rehearsal.judge(theCheck(computed(rehearsal, `liar ${life}`)), [agentNamed(`liar ${life}`)]);
    }
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({ state: 'failed' });
  });
});

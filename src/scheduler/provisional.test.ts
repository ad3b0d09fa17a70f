import { describe, expect, it } from 'vitest';
import { checkSetOf, type CheckingPolicy, type CheckSet } from '../domain/checking.ts';
import { QUARANTINE_GROWTH, QUARANTINE_MS, QUARANTINE_MS_MAX } from '../domain/limits.ts';
import { digestState } from './digest.ts';
import type { CheckRequest } from './effect.ts';
import { jobView, samplingFacts, standingOf } from './queries.ts';
import {
  agentNamed,
  checksIn,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theCheck,
} from './rehearsal.contract.ts';
import { RULES } from './rules.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { checkInvariants } from './state-invariants.contract.ts';
import { step } from './step.ts';

const ADAPTIVE: CheckingPolicy = { kind: 'adaptive' };

function network(taskCount: number, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.send({ kind: 'rules-adopted', rules: RULES });
  rehearsal.submit(0, stageOf({ rowCount: taskCount, rowsPerTask: 1 }), ADAPTIVE);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

/** An agent computes a task; its check is given back, to be judged. */
function computed(rehearsal: Rehearsal, name: string): CheckRequest {
  return theCheck(rehearsal.report(name, rehearsal.leaseOne(name).lease));
}

function acceptSampled(rehearsal: Rehearsal, { task, results }: CheckRequest) {
  const [result] = results;
  if (result === undefined) throw new Error('a check has a result');
  const verdicts = [{ lease: result.lease, verdict: { kind: 'accepted' } as const }];
  const judgement = { task, verdicts, accepted: result.lease, sampled: true as const };
  return rehearsal.send({ kind: 'judged', judgements: [judgement] });
}

/** Has a lie of an agent found out. */
function caught(rehearsal: Rehearsal, name: string) {
  return rehearsal.judge(computed(rehearsal, name), [agentNamed(name)]);
}

describe('an adaptive job', () => {
  it('asks for a check of each result alone, and leaves its depth to the shell', () => {
    const rehearsal = network(2, 'ada', 'ben');
    const check = computed(rehearsal, 'ada');
    expect(check.mode).toEqual({ kind: 'adaptive' });
    expect(check.results).toHaveLength(1);
  });

  it('tells the shell the record of the key, and what is to come of the stage', () => {
    const rehearsal = network(9, 'ada', 'ben');
    const facts = (name: string) => {
      const rows = { start: 0, end: 1 };
      return samplingFacts(rehearsal.state, { job: jobNamed(0), rows, agent: agentNamed(name) });
    };
    expect(facts('ada')).toMatchObject({ record: 0, trusted: false, resultsOfStage: 4.5 });
    rehearsal.judge(computed(rehearsal, 'ada'));
    expect(facts('ada')).toMatchObject({ record: 1, resultsOfStage: 4.5 });
    caught(rehearsal, 'ada');
    expect(facts('ada')).toMatchObject({ record: 0 });
    rehearsal.send({ kind: 'trust-changed', agent: agentNamed('ben'), trusted: true });
    expect(facts('ben')).toMatchObject({ trusted: true });
    rehearsal.send({ kind: 'trust-changed', agent: agentNamed('ben'), trusted: false });
    expect(facts('ben')).toMatchObject({ trusted: false });
  });

  it('tells how the accepted rows were verified', () => {
    const rehearsal = network(3, 'ada');
    acceptSampled(rehearsal, computed(rehearsal, 'ada'));
    rehearsal.judge(computed(rehearsal, 'ada'));
    const view = jobView(rehearsal.state, jobNamed(0));
    expect(view).toMatchObject({ rowsAccepted: 2, rowsSampled: 1, rowsAgreed: 0 });
  });

  it('tells what every accepted result passed', () => {
    const rehearsal = network(3, 'ada');
    const passed = () => jobView(rehearsal.state, jobNamed(0))?.checks;
    const accept = (checks: CheckSet | undefined) => {
      const { task, results } = computed(rehearsal, 'ada');
      const { lease } = results[0]!; // asked for one result
      const verdicts = [{ lease, verdict: { kind: 'accepted' } as const }];
      const judgement = { task, verdicts, accepted: lease, ...(checks && { checks }) };
      rehearsal.send({ kind: 'judged', judgements: [judgement] });
    };
    expect(passed()).toEqual([]);
    accept(checkSetOf(['structure', 'digest', 'recompute-rows']));
    expect(passed()).toEqual(['structure', 'digest', 'recompute-rows']);
    accept(checkSetOf(['structure', 'redundancy', 'digest']));
    expect(passed()).toEqual(['structure', 'digest']);
    accept(undefined); // as logs have it from before it was told
    expect(passed()).toEqual([]);
  });
});

describe('a quarantine', () => {
  it('revokes what was sampled of the key, keeps what was verified, and harms no one else', () => {
    const rehearsal = network(9, 'mal', 'ada');
    const verified = computed(rehearsal, 'mal');
    rehearsal.judge(verified);
    for (let count = 0; count < 3; count++) acceptSampled(rehearsal, computed(rehearsal, 'mal'));
    acceptSampled(rehearsal, computed(rehearsal, 'ada'));
    const effects = caught(rehearsal, 'mal');
    checkInvariants(rehearsal.state);
    const revoked = the('tasks-revoked', effects).tasks;
    expect(revoked.map(({ rows }) => rows.start)).toEqual([1, 2, 3]);
    expect(new Set(revoked.map(({ agent }) => agent))).toEqual(new Set([agentNamed('mal')]));
    expect(standingOf(rehearsal.state, agentNamed('mal'))).toMatchObject({ accepted: 1 });
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ accepted: 1 });
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({
      rowsAccepted: 2,
      rowsSampled: 1,
    });
    expect(rehearsal.lease('ada', 64)).toHaveLength(7);
  });

  it('revokes what was sampled of a registered key as of any other', () => {
    const rehearsal = network(9, 'mal', 'ada');
    rehearsal.send({ kind: 'trust-changed', agent: agentNamed('mal'), trusted: true });
    for (let count = 0; count < 3; count++) acceptSampled(rehearsal, computed(rehearsal, 'mal'));
    const effects = caught(rehearsal, 'mal');
    expect(only('tasks-revoked', effects).flatMap(({ tasks }) => tasks)).toHaveLength(3);
    expect(standingOf(rehearsal.state, agentNamed('mal')).quarantine).not.toBeNull();
  });

  it('revokes in every open stage, and nothing once a stage is sealed', () => {
    const rehearsal = network(1, 'mal');
    rehearsal.submit(1, stageOf({ rowCount: 9, rowsPerTask: 1 }), ADAPTIVE);
    const sealed = acceptSampled(rehearsal, computed(rehearsal, 'mal'));
    expect(only('stage-finished', sealed)).toHaveLength(1);
    acceptSampled(rehearsal, computed(rehearsal, 'mal'));
    checkInvariants(rehearsal.state);
    const effects = caught(rehearsal, 'mal');
    expect(the('tasks-revoked', effects).tasks.map(({ job }) => job)).toEqual([jobNamed(1)]);
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({ rowsAccepted: 1 });
    checkInvariants(rehearsal.state);
  });

  it('reaches what an agent gave that left', () => {
    const rehearsal = network(9, 'mal', 'ada');
    acceptSampled(rehearsal, computed(rehearsal, 'mal'));
    const late = computed(rehearsal, 'mal');
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('mal') });
    const effects = rehearsal.judge(late, [agentNamed('mal')]);
    expect(the('tasks-revoked', effects).tasks).toHaveLength(1);
    checkInvariants(rehearsal.state);
  });

  it('is the same from a snapshot taken before', () => {
    const rehearsal = network(9, 'mal', 'ada');
    rehearsal.send({
      kind: 'agent-joined',
      agent: agentNamed('eve'),
      session: sessionNamed('eve'),
      capability: rehearsal.state.sessions.get(sessionNamed('ada'))!.presence!.device.capability,
      origin: '192.0.2.0/24',
      trusted: true,
      canary: true,
    });
    for (const name of ['mal', 'ada', 'mal']) acceptSampled(rehearsal, computed(rehearsal, name));
    const check = computed(rehearsal, 'mal');
    const restored = restoreSnapshot(takeSnapshot(rehearsal.state));
    if (!restored.ok) throw new Error(restored.failure.message);
    expect(digestState(restored.value)).toBe(digestState(rehearsal.state));
    const effects = rehearsal.judge(check, [agentNamed('mal')]);
    const event = rehearsal.events.at(-1)!;
    expect(step(restored.value, event).effects).toEqual(effects);
    checkInvariants(restored.value);
    expect(digestState(restored.value)).toBe(digestState(rehearsal.state));
  });

  it.each([
    [0, QUARANTINE_MS],
    [1, QUARANTINE_MS * QUARANTINE_GROWTH],
    [2, QUARANTINE_MS * QUARANTINE_GROWTH ** 2],
    [9, QUARANTINE_MS_MAX],
  ])('after %i before it lasts %i ms', (before, lastsMs) => {
    const rehearsal = network(99, 'mal');
    const lieAndWait = () => {
      const untilMs = the('agent-quarantined', caught(rehearsal, 'mal')).untilMs;
      const forMs = untilMs - rehearsal.atMs;
      rehearsal.after(forMs).tick();
      rehearsal.join('mal');
      return forMs;
    };
    for (let count = 0; count < before; count++) {
      lieAndWait();
      // A task that was lied of too often fails its job.
      rehearsal.submit(count + 1, stageOf({ rowCount: 99, rowsPerTask: 1 }), ADAPTIVE);
    }
    expect(lieAndWait()).toBe(lastsMs);
  });

  it('lasts as long each time in a log from before the rules', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, stageOf({ rowCount: 9, rowsPerTask: 1 }), ADAPTIVE);
    rehearsal.join('mal');
    caught(rehearsal, 'mal');
    rehearsal.after(QUARANTINE_MS).tick();
    rehearsal.join('mal');
    const { untilMs } = the('agent-quarantined', caught(rehearsal, 'mal'));
    expect(untilMs - rehearsal.atMs).toBe(QUARANTINE_MS);
  });
});

describe('the operator', () => {
  const RELEASE = { kind: 'quarantine-released', reason: 'a driver was at fault' } as const;

  it('releases a key: it works again, with a record that begins anew', () => {
    const rehearsal = network(9, 'mal');
    rehearsal.judge(computed(rehearsal, 'mal'));
    caught(rehearsal, 'mal');
    expect(rehearsal.lease('mal')).toEqual([]);
    const effects = rehearsal.send({ ...RELEASE, agent: agentNamed('mal') });
    expect(the('quarantine-ended', effects).reason).toBe(RELEASE.reason);
    expect(only('work-available', effects)).toHaveLength(1);
    checkInvariants(rehearsal.state);
    expect(standingOf(rehearsal.state, agentNamed('mal'))).toMatchObject({
      quarantine: null,
      rejected: 1,
    });
    rehearsal.join('mal');
    expect(computed(rehearsal, 'mal').results).toHaveLength(1);
    expect(rehearsal.state.agents.get(agentNamed('mal'))?.record).toBe(0);
  });

  it('releases nobody who is not quarantined, or not known', () => {
    const rehearsal = network(9, 'ada');
    expect(rehearsal.send({ ...RELEASE, agent: agentNamed('ada') })).toEqual([]);
    expect(rehearsal.send({ ...RELEASE, agent: agentNamed('nobody') })).toEqual([]);
  });

  it('undoes the quarantines since an instant, as if they had not been', () => {
    const rehearsal = network(99, 'old', 'one', 'two');
    rehearsal.judge(computed(rehearsal, 'one'));
    caught(rehearsal, 'old');
    const sinceMs = rehearsal.after(10).atMs;
    caught(rehearsal, 'one');
    rehearsal.after(1);
    caught(rehearsal, 'two');
    const effects = rehearsal.send({ kind: 'amnesty-granted', sinceMs, reason: 'a bad build' });
    const freed = only('quarantine-ended', effects).map(({ agent }) => agent);
    expect(freed).toEqual([agentNamed('one'), agentNamed('two')]);
    checkInvariants(rehearsal.state);
    expect(standingOf(rehearsal.state, agentNamed('one'))).toMatchObject({
      accepted: 1,
      rejected: 0,
      quarantine: null,
    });
    expect(standingOf(rehearsal.state, agentNamed('old')).quarantine).not.toBeNull();
    const { record, offences } = rehearsal.state.agents.get(agentNamed('one'))!;
    expect({ record, offences }).toEqual({ record: 1, offences: 0 });
    rehearsal.join('one');
    expect(checksIn(rehearsal.report('one', rehearsal.leaseOne('one').lease))).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import {
  AGENT_SILENT_MS,
  AGENTS_MAX,
  LEASE_MS,
  LOST_TRIES_PER_AGENT_MAX,
  QUARANTINE_MS,
  TASK_ATTEMPTS_MAX,
} from '../domain/limits.ts';
import { admitAgent } from './admission.ts';
import { leaseOf, sessionOf, standingOf } from './queries.ts';
import {
  agentNamed,
  theCheck,
  deviceWith,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
} from './rehearsal.contract.ts';

import { SESSIONS_END_WITH_QUARANTINE } from './rules.ts';
import { checkInvariants } from './state-invariants.contract.ts';

const RECOMPUTE = { kind: 'recompute', share: 0.1 } as const;

function network(rowCount: number, rowsPerTask: number, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount, rowsPerTask }), RECOMPUTE);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

describe('a session', () => {
  it('ends after AGENT_SILENT_MS without a word, and its leases return', () => {
    const rehearsal = network(1, 1, 'ada');
    const { lease } = rehearsal.leaseOne('ada');
    rehearsal.after(AGENT_SILENT_MS - 1);
    expect(rehearsal.tick()).toEqual([]);
    rehearsal.after(1);
    expect(the('session-ended', rehearsal.tick()).reason).toBe('silent');
    expect(leaseOf(rehearsal.state, lease)).toBeNull();
    expect(only('session-unknown', rehearsal.beat('ada'))).toHaveLength(1);
  });

  it('is heard in a granted lease request and in a result, not in a refusal', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    rehearsal.after(AGENT_SILENT_MS - 1);
    const { lease } = rehearsal.leaseOne('ada');
    expect(rehearsal.lease('ben')).toEqual([]);
    rehearsal.after(1);
    expect(the('session-ended', rehearsal.tick()).agent).toBe(agentNamed('ben'));
    rehearsal.after(AGENT_SILENT_MS - 2).report('ada', lease);
    rehearsal.after(AGENT_SILENT_MS - 1);
    expect(rehearsal.tick()).toEqual([]);
  });

  it('that fell silent counts as a try, and its agent may try again at once', () => {
    const rehearsal = network(1, 1);
    const lose = (agent: string) => {
      rehearsal.join(agent);
      rehearsal.leaseOne(agent);
      return rehearsal.after(AGENT_SILENT_MS).tick();
    };
    for (let tries = 1; tries < TASK_ATTEMPTS_MAX; tries++) {
      lose(`agent${Math.floor(tries / LOST_TRIES_PER_AGENT_MAX)}`);
    }
    const { end } = the('job-ended', lose('last'));
    expect(end).toMatchObject({ kind: 'failed', failure: { code: 'lease_expired' } });
  });

  it('cannot fail a job alone, however often it is lost with a task', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    for (let tries = 0; tries <= TASK_ATTEMPTS_MAX; tries++) {
      rehearsal.leaseOne('ada');
      rehearsal.join('ada');
    }
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });

  it('may end: the standing of its key stays', () => {
    const rehearsal = network(1, 1, 'ada');
    const { lease } = rehearsal.leaseOne('ada');
    rehearsal.judge(theCheck(rehearsal.report('ada', lease)));
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ada') });
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ accepted: 1 });
    rehearsal.join('ada');
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ accepted: 1 });
  });

  it('that leaves hands its leases back unharmed, at once', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    for (let times = 0; times <= TASK_ATTEMPTS_MAX; times++) {
      rehearsal.leaseOne('ada');
      rehearsal.send({ kind: 'agent-left', session: sessionNamed('ada') });
      rehearsal.join('ada');
    }
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });

  it('is replaced when its key joins again', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    const { lease } = rehearsal.leaseOne('ada');
    const effects = rehearsal.join('ada', deviceWith(['add']), 'anew');
    expect(the('session-ended', effects)).toMatchObject({ reason: 'replaced' });
    expect(sessionOf(rehearsal.state, sessionNamed('ada'))).toBeNull();
    expect(sessionOf(rehearsal.state, sessionNamed('anew'))?.agent).toBe(agentNamed('ada'));
    expect(the('results-received', rehearsal.report('anew', lease)).statuses).toEqual(['late']);
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });

  it('is one of AGENTS_MAX at most', () => {
    const rehearsal = new Rehearsal();
    for (let agent = 1; agent < AGENTS_MAX; agent++) rehearsal.join(`${agent}`);
    expect(admitAgent(rehearsal.state).ok).toBe(true);
    expect(rehearsal.join('last')).toEqual([]);
    expect(admitAgent(rehearsal.state)).toMatchObject({ failure: { code: 'queue_full' } });
    expect(only('session-unknown', rehearsal.join('one more'))).toHaveLength(1);
    expect(sessionOf(rehearsal.state, sessionNamed('one more'))).toBeNull();
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('last') });
    expect(rehearsal.join('one more')).toEqual([]);
  });

  it('outlives a restart, and so do its leases and what was asked of the shell', () => {
    const rehearsal = network(3, 1, 'ada');
    const [held, done] = [rehearsal.leaseOne('ada').lease, rehearsal.leaseOne('ada').lease];
    const check = theCheck(rehearsal.report('ada', done));
    rehearsal.submit(1, stageOf({ rowCount: 0, rowsPerTask: 1 }), RECOMPUTE);
    rehearsal.after(10 * LEASE_MS);
    const effects = rehearsal.send({ kind: 'restarted' });
    expect(theCheck(effects)).toEqual(check);
    expect(the('stage-finished', effects).job).toBe(jobNamed(1));
    rehearsal.after(AGENT_SILENT_MS - 1);
    expect(rehearsal.tick()).toEqual([]);
    expect(leaseOf(rehearsal.state, held)).toMatchObject({ session: sessionNamed('ada') });
  });
});

describe('the session in which a key lied', () => {
  function lied(rules: number): Rehearsal {
    const rehearsal = new Rehearsal();
    rehearsal.send({ kind: 'rules-adopted', rules });
    rehearsal.submit(0, stageOf({ rowCount: 9, rowsPerTask: 1 }), RECOMPUTE);
    rehearsal.join('mal');
    const check = theCheck(rehearsal.report('mal', rehearsal.leaseOne('mal').lease));
    rehearsal.judge(check, [agentNamed('mal')]);
    return rehearsal;
  }
  const beatUntilOver = (rehearsal: Rehearsal, session: string) => {
    const endsAtMs = rehearsal.atMs + QUARANTINE_MS;
    while (rehearsal.atMs < endsAtMs) {
      rehearsal.after(Math.min(AGENT_SILENT_MS / 2, endsAtMs - rehearsal.atMs)).beat(session);
    }
  };

  it('lasts as long as its quarantine, and ends with it: its id is in the evidence', () => {
    const rehearsal = lied(SESSIONS_END_WITH_QUARANTINE);
    expect(the('lease-refused', rehearsal.ask('mal')).reason).toBe('quarantined');
    beatUntilOver(rehearsal, 'mal');
    const effects = rehearsal.tick();
    expect(the('session-ended', effects).reason).toBe('released');
    expect(only('work-available', effects)).toHaveLength(1);
    expect(only('session-unknown', rehearsal.ask('mal'))).toHaveLength(1);
    checkInvariants(rehearsal.state);
    rehearsal.join('mal', undefined, 'mal anew');
    expect(rehearsal.lease('mal anew')).toHaveLength(1);
    checkInvariants(rehearsal.state);
  });

  it('is over before where the key joined anew, whose session goes on', () => {
    const rehearsal = lied(SESSIONS_END_WITH_QUARANTINE);
    rehearsal.after(1).join('mal', undefined, 'mal anew');
    beatUntilOver(rehearsal, 'mal anew');
    expect(only('session-ended', rehearsal.tick())).toEqual([]);
    expect(rehearsal.lease('mal anew')).toHaveLength(1);
    checkInvariants(rehearsal.state);
  });

  it('goes on where another scheduler found the lie, in a session of its own', () => {
    const rehearsal = network(9, 1, 'mal');
    rehearsal.send({ kind: 'rules-adopted', rules: SESSIONS_END_WITH_QUARANTINE });
    const untilMs = rehearsal.atMs + QUARANTINE_MS;
    const agent = agentNamed('mal');
    rehearsal.send({ kind: 'agent-barred', agent, untilMs, reason: 'lied' });
    beatUntilOver(rehearsal, 'mal');
    expect(only('session-ended', rehearsal.tick())).toEqual([]);
    expect(rehearsal.lease('mal')).toHaveLength(1);
  });

  it('goes on in a log from before the rule', () => {
    const rehearsal = lied(SESSIONS_END_WITH_QUARANTINE - 1);
    beatUntilOver(rehearsal, 'mal');
    expect(only('session-ended', rehearsal.tick())).toEqual([]);
    expect(rehearsal.lease('mal')).toHaveLength(1);
  });
});

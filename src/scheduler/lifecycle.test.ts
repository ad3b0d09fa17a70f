import { describe, expect, it } from 'vitest';
import {
  HEARTBEAT_MS,
  LEASE_HELD_MS_MAX,
  LEASE_MS,
  LEASES_PER_AGENT_MAX,
  LEASES_PER_CALL_MAX,
  NEW_KEY_LEASES_MAX,
  RETRY_PAUSE_MS,
  RETRY_PAUSE_MS_MAX,
  TASK_ATTEMPTS_MAX,
  TASK_RUN_MS_MAX,
} from '../domain/limits.ts';
import { jobView, leaseOf, standingOf } from './queries.ts';
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

const RECOMPUTE = { kind: 'recompute', share: 0.1 } as const;

function network(rowCount: number, rowsPerTask: number, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount, rowsPerTask }), RECOMPUTE);
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

describe('a job', () => {
  it('goes from queued over running to done, its rows cut exactly', () => {
    const rehearsal = network(10, 4, 'ada');
    const view = () => jobView(rehearsal.state, jobNamed(0));
    expect(view()).toMatchObject({ state: 'queued', taskCount: 3, rowCount: 10 });
    const leases = rehearsal.lease('ada', 9);
    expect(leases.map(({ rows }) => rows)).toEqual([
      { start: 0, end: 4 },
      { start: 4, end: 8 },
      { start: 8, end: 10 },
    ]);
    expect(view()).toMatchObject({ state: 'running', tasksLeased: 3 });
    for (const { lease } of leases) {
      const check = theCheck(rehearsal.report('ada', lease));
      expect(check.mode).toEqual(RECOMPUTE);
      expect(view()).toMatchObject({ tasksChecking: 1 });
      rehearsal.judge(check);
    }
    expect(view()).toMatchObject({ tasksAccepted: 3, rowsAccepted: 10, contributorCount: 1 });
    const effects = rehearsal.send({ kind: 'job-finished', job: jobNamed(0) });
    expect(effects).toEqual([{ kind: 'job-ended', job: jobNamed(0), end: { kind: 'done' } }]);
    expect(view()).toMatchObject({ state: 'done', endedAtMs: rehearsal.atMs });
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ accepted: 3 });
  });

  it('hands over the results of a finished stage by task, and goes on with the next', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, stageOf({ rowCount: 2, rowsPerTask: 1 }), RECOMPUTE, { stageCount: 2 });
    rehearsal.join('ada');
    const [first, second] = [rehearsal.leaseOne('ada'), rehearsal.leaseOne('ada')];
    rehearsal.judge(theCheck(rehearsal.report('ada', second.lease)));
    const check = theCheck(rehearsal.report('ada', first.lease));
    const finished = the('stage-finished', rehearsal.judge(check));
    expect(finished.results).toEqual([
      { lease: first.lease, rows: { start: 0, end: 1 } },
      { lease: second.lease, rows: { start: 1, end: 2 } },
    ]);
    const stage = stageOf({ rowCount: 5, rowsPerTask: 5 }, 1);
    const planned = { kind: 'stage-planned', job: jobNamed(0), stage, claimed: null } as const;
    rehearsal.send(planned);
    expect(rehearsal.leaseOne('ada')).toMatchObject({ job: jobNamed(0), stage: 1, index: 0 });
    expect(rehearsal.send(planned)).toEqual([]);
  });

  it('with no rows finishes its stage at once', () => {
    const rehearsal = new Rehearsal();
    const effects = rehearsal.submit(0, stageOf({ rowCount: 0, rowsPerTask: 4 }), RECOMPUTE);
    expect(the('stage-finished', effects).results).toEqual([]);
  });

  it('submitted again under the same id stays as it is', () => {
    const rehearsal = network(4, 1, 'ada');
    rehearsal.leaseOne('ada');
    expect(rehearsal.submit(0, stageOf({ rowCount: 9, rowsPerTask: 1 }), RECOMPUTE)).toEqual([]);
    expect(jobView(rehearsal.state, jobNamed(0))).toMatchObject({ taskCount: 4, tasksLeased: 1 });
  });

  it('that is canceled drops its leases at the next heartbeat, and later results are late', () => {
    const rehearsal = network(4, 1, 'ada');
    const [first, second] = rehearsal.lease('ada', 2).map(({ lease }) => lease);
    const held = [first, second].filter((lease) => lease !== undefined);
    const effects = rehearsal.send({ kind: 'job-canceled', job: jobNamed(0) });
    expect(the('job-ended', effects).end).toEqual({ kind: 'canceled' });
    expect(the('leases-dropped', rehearsal.beat('ada', held)).leases).toEqual(held);
    const reported = rehearsal.report('ada', held[0]!); // two were leased
    expect(the('results-received', reported).statuses).toEqual(['late']);
    expect(rehearsal.send({ kind: 'job-canceled', job: jobNamed(0) })).toEqual([]);
  });

  it('fails with the evidence when one task failed as often as it may', () => {
    const rehearsal = network(1, 1, 'ada');
    for (let tries = 1; tries < TASK_ATTEMPTS_MAX; tries++) {
      rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
      for (let spentMs = 0; spentMs < RETRY_PAUSE_MS_MAX; spentMs += HEARTBEAT_MS) {
        rehearsal.after(HEARTBEAT_MS).beat('ada');
      }
    }
    expect(jobView(rehearsal.state, jobNamed(0))?.state).toBe('running');
    const last = rehearsal.leaseOne('ada');
    const { end } = the('job-ended', rehearsal.fail('ada', last.lease));
    expect(end).toMatchObject({ kind: 'failed', failure: { code: 'device_lost' } });
    const message = jobView(rehearsal.state, jobNamed(0))?.failure?.message;
    expect(message).toContain(
      `failed ${TASK_ATTEMPTS_MAX} times: ${TASK_ATTEMPTS_MAX} x agent ada`,
    );
    expect(message).toContain('the GPU went away');
  });
});

describe('a lease', () => {
  it('has a number that no other lease has', () => {
    const rehearsal = network(300, 1, 'ada', 'ben', 'cyd', 'dot');
    const leases = ['ada', 'ben', 'cyd', 'dot'].flatMap((name) => rehearsal.lease(name, 64));
    expect(new Set(leases.map(({ lease }) => lease)).size).toBe(4 * LEASES_PER_CALL_MAX);
  });

  it('expires LEASE_MS after it was granted or renewed, and its task goes to another', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    const { lease } = rehearsal.leaseOne('ada');
    const live = (names: string[]) => names.map((name) => rehearsal.beat(name, []));
    rehearsal.after(LEASE_MS / 2);
    rehearsal.beat('ada', [lease]);
    rehearsal.after(LEASE_MS / 2);
    live(['ada', 'ben']);
    rehearsal.after(LEASE_MS / 2 - 1);
    expect(rehearsal.tick()).toEqual([]);
    rehearsal.after(1);
    expect(only('work-available', rehearsal.tick())).toHaveLength(1);
    expect(leaseOf(rehearsal.state, lease)).toBeNull();
    expect(rehearsal.leaseOne('ben').rows).toEqual({ start: 0, end: 1 });
    expect(the('results-received', rehearsal.report('ada', lease)).statuses).toEqual(['late']);
  });

  it('is renewed only where the heartbeat names it', () => {
    const rehearsal = network(2, 1, 'ada');
    const [named, unnamed] = [rehearsal.leaseOne('ada').lease, rehearsal.leaseOne('ada').lease];
    for (let spent = 0; spent < LEASE_MS; spent += LEASE_MS / 3) {
      rehearsal.beat('ada', [named]);
      rehearsal.after(LEASE_MS / 3);
    }
    rehearsal.tick();
    expect(leaseOf(rehearsal.state, named)).not.toBeNull();
    expect(leaseOf(rehearsal.state, unnamed)).toBeNull();
  });

  it('is renewed for LEASE_HELD_MS_MAX and then runs out, heartbeats or not', () => {
    const rehearsal = network(1, 1, 'ada');
    const { lease } = rehearsal.leaseOne('ada');
    const stepMs = LEASE_MS / 2;
    const beatFor = (durationMs: number) => {
      for (let spentMs = 0; spentMs < durationMs; spentMs += stepMs) {
        rehearsal.after(stepMs);
        rehearsal.tick();
        rehearsal.beat('ada', [lease]);
      }
    };
    beatFor(LEASE_HELD_MS_MAX);
    expect(leaseOf(rehearsal.state, lease)).not.toBeNull();
    beatFor(LEASE_MS);
    expect(leaseOf(rehearsal.state, lease)).toBeNull();
    expect(the('leases-dropped', rehearsal.beat('ada', [lease])).leases).toEqual([lease]);
  });

  it('is granted within the limits of a call and of an agent', () => {
    const rehearsal = network(1000, 1, 'ada');
    rehearsal.prove('ada');
    expect(rehearsal.lease('ada', 1000)).toHaveLength(LEASES_PER_CALL_MAX);
    while (rehearsal.lease('ada', 60).length === 60);
    const view = jobView(rehearsal.state, jobNamed(0));
    expect(view?.tasksLeased).toBe(LEASES_PER_AGENT_MAX);
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('too_many_leases');
  });

  it('is granted to a new key up to NEW_KEY_LEASES_MAX, until a result of it is accepted', () => {
    const rehearsal = network(1000, 1, 'ada');
    const leases = rehearsal.lease('ada', 60).concat(rehearsal.lease('ada', 60));
    expect(leases).toHaveLength(NEW_KEY_LEASES_MAX);
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('first_results_pending');
    rehearsal.judge(theCheck(rehearsal.report('ada', leases[0]!.lease))); // 64 were leased
    expect(rehearsal.lease('ada', 60)).toHaveLength(60);
  });

  it('is granted to new keys though all their first results wait for each other', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, stageOf({ rowCount: 1000, rowsPerTask: 1 }), { kind: 'twice' });
    for (const name of ['ada', 'ben']) rehearsal.join(name);
    const leases = ['ada', 'ben'].map((name) => rehearsal.lease(name, NEW_KEY_LEASES_MAX));
    for (const { lease } of leases[0] ?? []) rehearsal.report('ada', lease);
    for (const { lease } of leases[1] ?? []) rehearsal.report('ben', lease);
    expect(rehearsal.lease('ada', 60).map(({ rows }) => rows)).toEqual(
      leases[1]?.slice(0, 60).map(({ rows }) => rows),
    );
  });
});

describe('a result', () => {
  it('reported twice counts once, before and after its verdict', () => {
    const rehearsal = network(2, 1, 'ada');
    const { lease } = rehearsal.leaseOne('ada');
    const check = theCheck(rehearsal.report('ada', lease));
    const again = () => the('results-received', rehearsal.report('ada', lease)).statuses;
    expect(again()).toEqual(['duplicate']);
    rehearsal.judge(check);
    expect(again()).toEqual(['duplicate']);
    expect(rehearsal.judge(check)).toEqual([]);
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ accepted: 1 });
  });

  it('is foreign where the lease is held by another, was another’s, or never was', () => {
    const rehearsal = network(2, 1, 'ada', 'ben');
    const { lease } = rehearsal.leaseOne('ada');
    const byBen = () => the('results-received', rehearsal.report('ben', lease)).statuses;
    expect(byBen()).toEqual(['foreign']);
    rehearsal.judge(theCheck(rehearsal.report('ada', lease)));
    expect(byBen()).toEqual(['foreign']);
    const invented = 123_456_789 as typeof lease;
    expect(the('results-received', rehearsal.report('ada', invented)).statuses).toEqual([
      'foreign',
    ]);
  });

  it('of a failed execution gives the task to another agent, and quarantines nobody', () => {
    const rehearsal = network(1, 1, 'ada', 'ben');
    const { lease } = rehearsal.leaseOne('ada');
    const effects = rehearsal.fail('ada', lease);
    expect(the('results-received', effects).statuses).toEqual(['received']);
    expect(only('agent-quarantined', effects)).toEqual([]);
    expect(the('lease-refused', rehearsal.ask('ada')).reason).toBe('retry_later');
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });

  it('of a failed execution comes back to its agent after a pause if nobody else is able', () => {
    const rehearsal = network(1, 1, 'ada');
    rehearsal.join('tiny', deviceWith(['add'], { bytes: 999, lanes: 1 }));
    rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
    rehearsal.after(RETRY_PAUSE_MS - 1);
    expect(the('lease-refused', rehearsal.ask('ada'))).toMatchObject({ askAgainMs: 1 });
    rehearsal.after(1);
    expect(only('work-available', rehearsal.tick())).toHaveLength(1);
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });

  it('of a failed execution waits for the others that are able, not for those that failed', () => {
    const rehearsal = network(1, 1, 'ada', 'gone', 'cyd');
    rehearsal.fail('gone', rehearsal.leaseOne('gone').lease);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('gone') });
    rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
    rehearsal.after(RETRY_PAUSE_MS);
    expect(rehearsal.lease('ada')).toEqual([]);
    rehearsal.fail('cyd', rehearsal.leaseOne('cyd').lease);
    rehearsal.after(4 * RETRY_PAUSE_MS - 1);
    expect(rehearsal.lease('ada')).toEqual([]);
    rehearsal.after(1);
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });

  it('of a failed execution comes back late if an able agent does not take it', () => {
    const rehearsal = network(1, 1, 'ada', 'idle');
    rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
    rehearsal.after(TASK_RUN_MS_MAX - 1);
    expect(rehearsal.lease('ada')).toEqual([]);
    rehearsal.after(1);
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { QUARANTINE_MS, REAPED_PER_EVENT_MAX } from '../domain/limits.ts';
import {
  acceptedOf,
  hasWaitingRows,
  jobView,
  nextDueAtMs,
  standingOf,
  unjudgedRowsOf,
} from './queries.ts';
import {
  agentNamed,
  deviceWith,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theCheck,
} from './rehearsal.contract.ts';
import type { LeaseNumber } from './slot-number.ts';

const ALL = { kind: 'recompute', share: 1 } as const;
const JOB = jobNamed(0);
const PLAN = stageOf({ rowCount: 100, rowsPerTask: 10 });

/** Computes all that is there for an agent, and has it accepted. */
function drain(rehearsal: Rehearsal, name: string): { start: number; end: number }[] {
  const done = [];
  for (let [lease] = rehearsal.lease(name); lease !== undefined; [lease] = rehearsal.lease(name)) {
    rehearsal.judge(theCheck(rehearsal.report(name, lease.lease)));
    done.push(lease.rows);
  }
  return done;
}

describe('rows that are claimed', () => {
  it('are all that is computed here, and finish the stage each time they are accepted', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    rehearsal.submit(0, PLAN, ALL, { claimed: { start: 20, end: 40 } });
    expect(drain(rehearsal, 'ada')).toEqual([
      { start: 20, end: 30 },
      { start: 30, end: 40 },
    ]);
    expect(rehearsal.state.jobs.get(JOB)?.stage.finished).toBe(true);
    rehearsal.send({ kind: 'rows-claimed', job: JOB, stage: 0, rows: { start: 90, end: 95 } });
    expect(rehearsal.state.jobs.get(JOB)?.stage.finished).toBe(false);
    const lease = rehearsal.leaseOne('ada');
    expect(lease.rows).toEqual({ start: 90, end: 95 });
    rehearsal.report('ada', lease.lease);
    expect(unjudgedRowsOf(rehearsal.state, JOB)).toEqual([{ start: 90, end: 95 }]);
    expect(acceptedOf(rehearsal.state, JOB).map(({ rows }) => rows.start)).toEqual([20, 30]);
  });

  it('of another stage, or of no job, change nothing', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, PLAN, ALL, { claimed: { start: 0, end: 10 } });
    const rows = { start: 10, end: 20 };
    expect(rehearsal.send({ kind: 'rows-claimed', job: JOB, stage: 1, rows })).toEqual([]);
    expect(rehearsal.send({ kind: 'rows-claimed', job: jobNamed(5), stage: 0, rows })).toEqual([]);
    expect(jobView(rehearsal.state, JOB)?.taskCount).toBe(1);
  });

  it('of a later stage are taken though stages between were computed elsewhere', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    rehearsal.submit(0, PLAN, ALL, { stageCount: 4, claimed: { start: 0, end: 10 } });
    drain(rehearsal, 'ada');
    const claimed = { start: 0, end: 10 };
    rehearsal.send({ kind: 'stage-planned', job: JOB, stage: { ...PLAN, stage: 3 }, claimed });
    expect(rehearsal.leaseOne('ada').stage).toBe(3);
  });
});

describe('rows that are released', () => {
  const RELEASE = { kind: 'rows-released', job: JOB, stage: 0 } as const;
  const TWICE = { kind: 'twice' } as const;

  it('are those that wait; what is leased, judged or accepted stays and finishes the stage', () => {
    const rehearsal = new Rehearsal();
    for (const name of ['ada', 'ben', 'cyd']) rehearsal.join(name);
    rehearsal.submit(0, PLAN, ALL);
    rehearsal.prove('ada');
    const leased = rehearsal.leaseOne('ben');
    const checked = theCheck(rehearsal.report('ada', rehearsal.leaseOne('ada').lease));
    const left = rehearsal.leaseOne('cyd');
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('cyd') });
    expect(left.rows).toEqual({ start: 30, end: 40 });
    expect(the('rows-released', rehearsal.send(RELEASE)).rows).toEqual([{ start: 30, end: 100 }]);
    expect(rehearsal.send(RELEASE)).toEqual([]);
    expect(hasWaitingRows(rehearsal.state, JOB)).toBe(false);
    expect(rehearsal.lease('ada')).toEqual([]);
    rehearsal.judge(checked);
    const last = rehearsal.judge(theCheck(rehearsal.report('ben', leased.lease)));
    expect(the('stage-finished', last).results.map(({ rows }) => rows.start)).toEqual([0, 10, 20]);
  });

  it('may be claimed again', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    rehearsal.submit(0, PLAN, ALL);
    expect(the('stage-finished', rehearsal.send(RELEASE)).results).toEqual([]);
    const rows = { start: 40, end: 60 };
    rehearsal.send({ kind: 'rows-claimed', job: JOB, stage: 0, rows });
    expect(drain(rehearsal, 'ada').map(({ start }) => start)).toEqual([40, 50]);
    expect(rehearsal.state.jobs.get(JOB)?.stage.finished).toBe(true);
  });

  it('of another stage, or of no job, change nothing', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, PLAN, ALL);
    expect(rehearsal.send({ ...RELEASE, stage: 1 })).toEqual([]);
    expect(rehearsal.send({ ...RELEASE, job: jobNamed(5) })).toEqual([]);
    expect(jobView(rehearsal.state, JOB)?.taskCount).toBe(10);
  });

  it('include one whose only result nobody here can give a second to', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, stageOf({ rowCount: 10, rowsPerTask: 10 }), TWICE);
    for (const name of ['ada', 'ben']) rehearsal.join(name);
    const { lease } = rehearsal.leaseOne('ada');
    rehearsal.report('ada', lease);
    // While another is able, it waits for that one.
    expect(rehearsal.send(RELEASE)).toEqual([]);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ben') });
    expect(unjudgedRowsOf(rehearsal.state, JOB)).toEqual([]);
    const effects = rehearsal.send(RELEASE);
    expect(the('rows-released', effects).rows).toEqual([{ start: 0, end: 10 }]);
    expect(standingOf(rehearsal.state, agentNamed('ada'))).toMatchObject({ pending: 0 });
    const statuses = the('results-received', rehearsal.report('ada', lease)).statuses;
    expect(statuses).toEqual(['duplicate']);
  });

  it('leave out one that failed, while somebody is able: its tries go on to the end', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, stageOf({ rowCount: 10, rowsPerTask: 10 }), ALL);
    rehearsal.join('ada');
    rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
    expect(rehearsal.send(RELEASE)).toEqual([]);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ada') });
    expect(only('rows-released', rehearsal.send(RELEASE))).toHaveLength(1);
  });
});

describe('rows that another scheduler had accepted', () => {
  it('are not computed again, and stand in the results', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    rehearsal.submit(0, PLAN, ALL);
    const foreign = { lease: (2 ** 49) as LeaseNumber, rows: { start: 0, end: 90 } };
    const adopt = { kind: 'rows-adopted', job: JOB, stage: 0, results: [foreign] } as const;
    rehearsal.send(adopt);
    expect(rehearsal.send(adopt)).toEqual([]);
    expect(jobView(rehearsal.state, JOB)).toMatchObject({ rowsAccepted: 90, taskCount: 2 });
    const { lease, rows } = rehearsal.leaseOne('ada');
    expect(rows).toEqual({ start: 90, end: 100 });
    const finished = the(
      'stage-finished',
      rehearsal.judge(theCheck(rehearsal.report('ada', lease))),
    );
    expect(finished.results).toEqual([foreign, { lease, rows }]);
  });

  it('finish a stage of which nothing else is left', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, PLAN, ALL);
    const results = [{ lease: 5 as LeaseNumber, rows: { start: 0, end: 100 } }];
    const effects = rehearsal.send({ kind: 'rows-adopted', job: JOB, stage: 0, results });
    expect(the('stage-finished', effects).results).toEqual(results);
  });
});

describe('a key that others know', () => {
  it('comes with its history, its quarantine included', () => {
    const rehearsal = new Rehearsal();
    const untilMs = rehearsal.atMs + 5_000;
    const history = { accepted: 7, rejected: 1, quarantine: { untilMs, reason: 'lied' } };
    const ids = { agent: agentNamed('mal'), session: sessionNamed('mal') };
    rehearsal.send({ kind: 'agent-joined', ...ids, capability: deviceWith(['add']), history });
    expect(standingOf(rehearsal.state, agentNamed('mal'))).toMatchObject({ accepted: 7 });
    expect(the('lease-refused', rehearsal.ask('mal')).reason).toBe('quarantined');
    rehearsal.after(5_000).tick();
    expect(the('lease-refused', rehearsal.ask('mal')).reason).toBe('no_jobs');
  });

  it('is barred when they say so, and its leases return', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, PLAN, ALL);
    for (const name of ['mal', 'ada']) rehearsal.join(name);
    const { rows } = rehearsal.leaseOne('mal');
    const untilMs = rehearsal.atMs + QUARANTINE_MS;
    const told = {
      kind: 'agent-barred',
      agent: agentNamed('mal'),
      untilMs,
      reason: 'lied',
    } as const;
    expect(only('agent-barred', rehearsal.send(told))).toHaveLength(1);
    expect(rehearsal.send(told)).toEqual([]);
    expect(the('lease-refused', rehearsal.ask('mal')).reason).toBe('quarantined');
    expect(rehearsal.leaseOne('ada').rows).toEqual(rows);
  });
});

describe('what an ended job leaves', () => {
  it('is cleared away bit by bit, and counts no more meanwhile', () => {
    const rehearsal = new Rehearsal();
    const count = 4 * REAPED_PER_EVENT_MAX;
    rehearsal.submit(9, stageOf({ rowCount: 1, rowsPerTask: 1 }), ALL);
    rehearsal.join('ada');
    rehearsal.prove('ada');
    rehearsal.submit(0, stageOf({ rowCount: count, rowsPerTask: 1 }), ALL);
    const leases = Array.from({ length: 4 }, () => rehearsal.lease('ada', 64)).flat();
    expect(leases).toHaveLength(count);
    rehearsal.send({ kind: 'job-canceled', job: JOB });
    expect(rehearsal.state.tasks.open).toBe(count - REAPED_PER_EVENT_MAX);
    expect(nextDueAtMs(rehearsal.state)).toBe(rehearsal.atMs);
    const last = leases.at(-1)!; // as many as were counted
    expect(the('results-received', rehearsal.report('ada', last.lease)).statuses).toEqual(['late']);
    for (let ticks = 0; ticks < 3; ticks++) rehearsal.tick();
    expect(rehearsal.state.tasks.open).toBe(0);
    expect(rehearsal.state.leases.open).toBe(0);
    expect(rehearsal.state.jobSlots.every((job) => job === null || job.id !== JOB)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { CHECKS_BEHIND, KNOWN_ANSWER_SHARE, SECOND_OPINION_MS } from '../domain/limits.ts';
import type { CheckRequest } from './effect.ts';
import { jobView, standingOf } from './queries.ts';
import {
  agentNamed,
  checksIn,
  jobNamed,
  only,
  Rehearsal,
  stageOf,
  the,
  theAccepted,
  theCheck,
} from './rehearsal.contract.ts';
import { isKnownAnswer } from './second-results.ts';
import { checkInvariants } from './state-invariants.contract.ts';

const ADAPTIVE = { kind: 'adaptive' } as const;
const ROWS = 4_000;

function network(...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(0, stageOf({ rowCount: ROWS, rowsPerTask: 1 }), ADAPTIVE, {
    workload: 'inference',
  });
  for (const name of names) rehearsal.join(name);
  return rehearsal;
}

/** Works as `name` until a result of it is kept as a known answer; says of which check. */
function untilKnown(rehearsal: Rehearsal, name: string): CheckRequest {
  for (let count = 0; count < ROWS / 2; count++) {
    const check = theCheck(rehearsal.report(name, rehearsal.leaseOne(name).lease));
    if (only('tasks-accepted', rehearsal.judge(check)).length === 0) return check;
  }
  throw new Error('no known answer was drawn');
}

describe('a known answer', () => {
  it('is drawn of its share of tasks, of models whose checking is left to us alone', () => {
    const { state } = network('ada');
    const job = state.jobs.get(jobNamed(0))!;
    let drawn = 0;
    for (let task = 0; task < 20_000; task++) {
      // Only their numbers are looked at.
      state.tasks.allot();
      if (isKnownAnswer(state, job, task)) drawn++;
      expect(isKnownAnswer(state, { ...job, workload: 'operators' }, task)).toBe(false);
      expect(isKnownAnswer(state, { ...job, checking: { kind: 'twice' } }, task)).toBe(false);
    }
    const expected = 20_000 * KNOWN_ANSWER_SHARE;
    expect(Math.abs(drawn - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it('is a verified result that another key computes anew, like any other task', () => {
    const rehearsal = network('ada', 'ben');
    const known = untilKnown(rehearsal, 'ada');
    checkInvariants(rehearsal.state);
    const second = rehearsal.leaseOne('ben');
    expect(second).toMatchObject({ index: known.index, rows: known.rows });
    const compared = theCheck(rehearsal.report('ben', second.lease));
    expect(compared.mode).toEqual({ kind: 'compare' });
    expect(compared.results.map(({ agent }) => agent)).toEqual(['ada', 'ben'].map(agentNamed));
    const accepted = theAccepted(rehearsal.judge(compared));
    expect(accepted).toMatchObject({ lease: known.results[0]?.lease, verification: 'agreed' });
    expect(standingOf(rehearsal.state, agentNamed('ben')).accepted).toBe(1);
    checkInvariants(rehearsal.state);
  });

  it('finds out who gives another answer, and is used itself', () => {
    const rehearsal = network('ada', 'mal');
    const known = untilKnown(rehearsal, 'ada');
    const compared = theCheck(rehearsal.report('mal', rehearsal.leaseOne('mal').lease));
    const effects = rehearsal.judge(compared, [agentNamed('mal')]);
    expect(the('agent-quarantined', effects).agent).toBe(agentNamed('mal'));
    expect(theAccepted(effects)).toMatchObject({
      lease: known.results[0]?.lease,
      verification: 'complete',
    });
    checkInvariants(rehearsal.state);
  });

  it('is never given to its author, and is used when nobody took it in time', () => {
    const rehearsal = network('ada', 'ben');
    const known = untilKnown(rehearsal, 'ada');
    expect(rehearsal.leaseOne('ada').index).not.toBe(known.index);
    rehearsal.after(SECOND_OPINION_MS - 1).beat('ada');
    expect(only('tasks-accepted', rehearsal.tick())).toEqual([]);
    const accepted = theAccepted(rehearsal.after(1).tick());
    expect(accepted).toMatchObject({ lease: known.results[0]?.lease, agents: [agentNamed('ada')] });
    checkInvariants(rehearsal.state);
  });

  it('is not waited for where nobody else is able', () => {
    const rehearsal = network('ada');
    for (let count = 0; count < ROWS; count++) {
      const check = theCheck(rehearsal.report('ada', rehearsal.leaseOne('ada').lease));
      expect(theAccepted(rehearsal.judge(check)).verification).toBe('complete');
    }
    expect(jobView(rehearsal.state, jobNamed(0))?.rowsAccepted).toBe(ROWS);
  });

  it('stands though its author is found to lie elsewhere meanwhile', () => {
    const rehearsal = network('mal', 'ben');
    const known = untilKnown(rehearsal, 'mal');
    const lie = theCheck(rehearsal.report('mal', rehearsal.leaseOne('mal').lease));
    const effects = rehearsal.judge(lie, [agentNamed('mal')]);
    expect(theAccepted(effects).lease).toBe(known.results[0]?.lease);
    checkInvariants(rehearsal.state);
  });
});

describe('an audit', () => {
  it('takes the place of a check while the threads are behind', () => {
    const rehearsal = network('ada', 'ben');
    const report = (name: string) => rehearsal.report(name, rehearsal.leaseOne(name).lease);
    expect(theCheck(report('ada')).mode).toEqual(ADAPTIVE);
    // With its own first, and the next.
    rehearsal.state.resultsUnjudged += CHECKS_BEHIND - 2;
    expect(theCheck(report('ada')).mode).toEqual(ADAPTIVE);
    expect(checksIn(report('ada'))).toEqual([]);
    expect(theCheck(report('ben')).mode).toEqual({ kind: 'compare' });
  });

  it('that nobody makes in time leaves the result to the threads, unaccepted', () => {
    const rehearsal = network('ada', 'ben');
    rehearsal.state.resultsUnjudged += CHECKS_BEHIND;
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    const effects = rehearsal.after(SECOND_OPINION_MS).tick();
    expect(theCheck(effects).mode).toEqual(ADAPTIVE);
    expect(only('tasks-accepted', effects)).toEqual([]);
  });
});

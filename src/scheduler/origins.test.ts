import { describe, expect, it } from 'vitest';
import { HEDGE_MS_MIN, LEASE_HELD_MS_MAX, ORIGIN_LEASES_FREE } from '../domain/limits.ts';
import type { GrantedLease } from './effect.ts';
import { originRoom } from './origins.ts';
import { idleReasonFor } from './queries.ts';
import {
  agentNamed,
  deviceWith,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theCheck,
} from './rehearsal.contract.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { digestState } from './digest.ts';
import type { RequirementGroup, Stage } from './state.ts';
import { checkInvariants } from './state-invariants.contract.ts';

const RECOMPUTE = { kind: 'recompute', share: 0.1 } as const;
const TWICE = { kind: 'twice' } as const;
const HERE = '203.0.113.0/24';
const THERE = '198.51.100.0/24';

function join(rehearsal: Rehearsal, name: string, origin?: string): void {
  rehearsal.send({
    kind: 'agent-joined',
    agent: agentNamed(name),
    session: sessionNamed(name),
    capability: deviceWith(['add'], { bytes: 2 ** 40, lanes: 256 }),
    ...(origin !== undefined && { origin }),
  });
}

function withAgents(origins: Readonly<Record<string, string | undefined>>): Rehearsal {
  const rehearsal = new Rehearsal();
  for (const [name, origin] of Object.entries(origins)) join(rehearsal, name, origin);
  return rehearsal;
}

const tasks = (rowCount: number) => stageOf({ rowCount, rowsPerTask: 1 });

describe('the second result of a task', () => {
  it.each<[string, string | undefined, string | undefined, boolean]>([
    ['from one address range', HERE, HERE, false],
    ['from two', HERE, THERE, true],
    ['from unknown ones', undefined, undefined, true],
    ['from a known and an unknown one', HERE, undefined, true],
  ])('of two agents %s is given: %s', (_, ada, ben, isGiven) => {
    const rehearsal = withAgents({ ada, ben });
    rehearsal.submit(0, tasks(1), TWICE);
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    const asked = idleReasonFor(rehearsal.state, sessionNamed('ben'), rehearsal.atMs);
    expect(asked?.reason ?? null).toBe(isGiven ? null : 'already_did');
    expect(rehearsal.lease('ben')).toHaveLength(isGiven ? 1 : 0);
    checkInvariants(rehearsal.state);
  });

  it('waits for another address range, and is judged with it', () => {
    const rehearsal = withAgents({ ada: HERE, ben: HERE });
    rehearsal.submit(0, tasks(1), TWICE);
    rehearsal.report('ada', rehearsal.leaseOne('ada').lease);
    rehearsal.after(60_000).beat('ben');
    expect(rehearsal.lease('ben')).toEqual([]);
    join(rehearsal, 'cy', THERE);
    const check = theCheck(rehearsal.report('cy', rehearsal.leaseOne('cy').lease));
    expect(check.results.map(({ agent }) => agent)).toEqual(['ada', 'cy'].map(agentNamed));
  });

  it('is not given by way of a straggler either', () => {
    const rehearsal = withAgents({ ada: HERE, ben: HERE, cy: THERE });
    rehearsal.submit(0, tasks(2), RECOMPUTE);
    for (const name of ['ben', 'cy']) rehearsal.prove(name);
    rehearsal.submit(1, tasks(20), TWICE);
    // All of its rows are with ada, who is late.
    expect(rehearsal.lease('ada', 20)).toHaveLength(20);
    rehearsal.after(Math.max(HEDGE_MS_MIN, 5_000));
    expect(rehearsal.lease('ben')).toEqual([]);
    expect(rehearsal.lease('cy')).toHaveLength(1);
  });

  it('may be hedged within an address range where one result is enough', () => {
    const rehearsal = withAgents({ ada: HERE, ben: HERE });
    rehearsal.submit(0, tasks(1), RECOMPUTE);
    rehearsal.prove('ben');
    rehearsal.submit(1, tasks(20), RECOMPUTE);
    expect(rehearsal.lease('ada', 20)).toHaveLength(20);
    rehearsal.after(Math.max(HEDGE_MS_MIN, 5_000));
    expect(rehearsal.lease('ben')).toHaveLength(1);
  });
});

describe('originRoom', () => {
  const group = (counts: Readonly<Record<string, number>>, ableCount: number) =>
    // Nothing else of a group is looked at.
    ({ ableCount, ableOfOrigin: new Map(Object.entries(counts)) }) as unknown as RequirementGroup;
  const room = (held: number, leasesOut: number, able: RequirementGroup, origin = HERE) => {
    // Nothing else of a stage is looked at.
    const stage = { group: able, leasesOut, outOfOrigin: new Map([[HERE, held]]) } as Stage;
    return originRoom(stage, { origin });
  };
  const two = group({ [HERE]: 5, [THERE]: 1 }, 6);

  it.each([
    [0, 0, ORIGIN_LEASES_FREE],
    [ORIGIN_LEASES_FREE - 1, ORIGIN_LEASES_FREE - 1, 1],
    [ORIGIN_LEASES_FREE, ORIGIN_LEASES_FREE, 0],
    [ORIGIN_LEASES_FREE + 9, ORIGIN_LEASES_FREE + 9, 0],
    [100, 199, 0],
    [100, 200, 0],
    [100, 201, 1],
    [100, 300, 100],
  ])('with %i of %i leases is %i', (held, leasesOut, more) => {
    expect(room(held, leasesOut, two)).toBe(more);
  });

  it('has no end where no other address range is able', () => {
    expect(room(1_000, 1_000, group({ [HERE]: 5 }, 5))).toBe(Infinity);
    expect(room(1_000, 1_000, group({ [HERE]: 5 }, 6))).toBe(0);
  });
});

describe('a job, of which one address range has many agents', () => {
  // More leases than one agent holds before it has shown anything.
  const CROWD = ['ada', 'bob', 'cat'];
  const crowd = (): Record<string, string> => Object.fromEntries(CROWD.map((name) => [name, HERE]));
  const take = (rehearsal: Rehearsal, names: readonly string[]): GrantedLease[] =>
    names.flatMap((name) => [...rehearsal.lease(name, 64)]);

  it('gives it ORIGIN_LEASES_FREE leases, and as many more as others hold', () => {
    const rehearsal = withAgents({ ...crowd(), dan: THERE, eve: undefined });
    rehearsal.submit(0, tasks(1_000), RECOMPUTE);
    expect(take(rehearsal, CROWD)).toHaveLength(ORIGIN_LEASES_FREE);
    const asked = the('lease-refused', rehearsal.ask('bob', 64));
    expect(asked).toMatchObject({ reason: 'range_at_share', askAgainMs: expect.any(Number) });
    const told = idleReasonFor(rehearsal.state, sessionNamed('bob'), rehearsal.atMs);
    expect(told).toMatchObject({ reason: 'range_at_share' });
    expect(take(rehearsal, ['dan', 'eve'])).toHaveLength(128);
    // 64 of 192: another 64 are half of 256.
    expect(take(rehearsal, CROWD)).toHaveLength(64);
    checkInvariants(rehearsal.state);
  });

  it('gives it all where nobody else is able, or nobody any more', () => {
    const rehearsal = withAgents({ ...crowd(), dan: THERE });
    rehearsal.submit(0, tasks(1_000), RECOMPUTE);
    expect(take(rehearsal, CROWD)).toHaveLength(ORIGIN_LEASES_FREE);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('dan') });
    expect(take(rehearsal, CROWD)).toHaveLength(128);
    checkInvariants(rehearsal.state);
  });

  it('counts leases that came back no more', () => {
    const rehearsal = withAgents({ ...crowd(), dan: THERE });
    rehearsal.submit(0, tasks(1_000), RECOMPUTE);
    const [first] = take(rehearsal, CROWD);
    expect(take(rehearsal, ['bob'])).toEqual([]);
    rehearsal.report('ada', first?.lease ?? (0 as never));
    expect(take(rehearsal, ['bob'])).toHaveLength(1);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ada') });
    expect(take(rehearsal, ['bob'])).toHaveLength(63);
    rehearsal.after(LEASE_HELD_MS_MAX);
    for (let count = 0; count < 9; count++) rehearsal.tick();
    checkInvariants(rehearsal.state);
  });

  it('goes on so from a snapshot', () => {
    const rehearsal = withAgents({ ...crowd(), dan: THERE });
    rehearsal.submit(0, tasks(1_000), RECOMPUTE);
    take(rehearsal, CROWD);
    const restored = restoreSnapshot(takeSnapshot(rehearsal.state));
    if (!restored.ok) throw new Error(restored.failure.message);
    checkInvariants(restored.value);
    expect(digestState(restored.value)).toBe(digestState(rehearsal.state));
    const told = idleReasonFor(restored.value, sessionNamed('bob'), rehearsal.atMs);
    expect(told).toMatchObject({ reason: 'range_at_share' });
  });

  it('lets it take what another job has', () => {
    const rehearsal = withAgents({ ...crowd(), dan: THERE });
    rehearsal.submit(0, tasks(1_000), RECOMPUTE);
    take(rehearsal, CROWD);
    rehearsal.submit(1, tasks(1_000), RECOMPUTE);
    const granted = only('leases-granted', rehearsal.ask('bob', 64));
    expect(granted.flatMap(({ leases }) => leases)).toHaveLength(64);
  });
});

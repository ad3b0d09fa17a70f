import { describe, expect, it } from 'vitest';
import type { AgentId, SessionId } from '../domain/ids.ts';
import { CANARY_CATCHES_KEPT } from '../domain/limits.ts';
import { watchCanaries } from './canary-watch.ts';

// Never parsed here.
const agentNamed = (name: string) => `agent ${name}` as AgentId;
const sessionNamed = (name: string) => `session ${name}` as SessionId;

/** A watch over named canaries, with a clock and counts of its own. */
function watched() {
  const at = { ms: 1_000 };
  const accepted = new Map<AgentId, number>();
  const watch = watchCanaries({
    now: () => at.ms,
    acceptedOf: (agent) => accepted.get(agent) ?? 0,
  });
  const ids = (name: string) => ({ agent: agentNamed(name), session: sessionNamed(name) });
  return {
    watch,
    at,
    joins: (name: string, lie = 'scaled') => watch.joined({ ...ids(name), lie }),
    accepts: (name: string, count: number) => accepted.set(agentNamed(name), count),
    reports: (name: string) => {
      watch.note({ kind: 'results-received', session: sessionNamed(name), statuses: ['received'] });
    },
    isCaught: (name: string) => {
      const agent = agentNamed(name);
      watch.note({ kind: 'agent-quarantined', agent, untilMs: 0, reason: 'wrong' });
    },
    goes: (name: string, reason: 'left' | 'replaced' = 'left') => {
      watch.note({ kind: 'session-ended', ...ids(name), reason });
    },
  };
}

describe('a watch over canaries', () => {
  it('measures from the first report to the quarantine, and counts what was accepted', () => {
    const { watch, at, joins, accepts, reports, isCaught, goes } = watched();
    joins('one', 'zero-tail');
    at.ms = 5_000;
    reports('one');
    at.ms = 6_000;
    reports('one');
    accepts('one', 3);
    expect(watch.figures()).toMatchObject({ runningCount: 1, catches: null });
    at.ms = 7_500;
    isCaught('one');
    goes('one');
    expect(watch.figures()).toEqual({
      lives: [
        {
          lie: 'zero-tail',
          joinedAtMs: 1_000,
          misses: 3,
          state: 'caught',
          caughtAfterMs: 2_500,
        },
      ],
      runningCount: 0,
      caughtCount: 1,
      leftCount: 0,
      catches: { count: 1, medianMs: 2_500, worstMs: 2_500, missCount: 3 },
    });
  });

  it('counts one that goes without being caught, and not as a catch', () => {
    const { watch, joins, reports, goes } = watched();
    joins('one');
    reports('one');
    goes('one');
    expect(watch.figures()).toMatchObject({ leftCount: 1, caughtCount: 0, catches: null });
    expect(watch.figures().lives).toMatchObject([{ state: 'left', caughtAfterMs: null }]);
  });

  it('leaves one out that was given nothing to lie of', () => {
    const { watch, joins, goes } = watched();
    joins('one');
    goes('one');
    expect(watch.figures()).toMatchObject({ lives: [], runningCount: 0, leftCount: 0 });
  });

  it('takes one that joins anew for the same', () => {
    const { watch, at, joins, reports, isCaught, goes } = watched();
    joins('one');
    reports('one');
    goes('one', 'replaced');
    at.ms = 3_000;
    joins('one');
    at.ms = 4_000;
    reports('one');
    isCaught('one');
    expect(watch.figures().lives).toMatchObject([{ joinedAtMs: 1_000, caughtAfterMs: 3_000 }]);
  });

  it('has nothing to do with others', () => {
    const { watch, joins, reports, isCaught, goes } = watched();
    joins('one');
    reports('stranger');
    isCaught('stranger');
    goes('stranger');
    expect(watch.figures()).toMatchObject({ runningCount: 1, caughtCount: 0, leftCount: 0 });
  });

  it.each([
    [[4], 4, 4],
    [[1, 9], 5, 9],
    [[9, 1, 2], 2, 9],
    [[8, 1, 2, 4], 3, 8],
  ])('of times %j has the median %d and the worst %d', (times, medianMs, worstMs) => {
    const { watch, at, joins, reports, isCaught } = watched();
    for (const [index, afterMs] of times.entries()) {
      joins(`${index}`);
      reports(`${index}`);
      at.ms += afterMs;
      isCaught(`${index}`);
    }
    expect(watch.figures().catches).toMatchObject({ medianMs, worstMs });
  });

  it('forgets the oldest catches, and goes on counting', () => {
    const { watch, at, joins, reports, isCaught } = watched();
    for (let index = 0; index <= CANARY_CATCHES_KEPT; index++) {
      joins(`${index}`);
      reports(`${index}`);
      at.ms += index === 0 ? 1_000 : 10;
      isCaught(`${index}`);
    }
    expect(watch.figures()).toMatchObject({
      caughtCount: CANARY_CATCHES_KEPT + 1,
      catches: { worstMs: 10 },
    });
    expect(watch.figures().lives).toHaveLength(CANARY_CATCHES_KEPT);
  });
});

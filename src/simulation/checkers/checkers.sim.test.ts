// Each checker must be able to fail: a part of the system is broken on purpose, and it sees that.
import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../faults/fault-kind.ts';
import { succeed } from '../../domain/outcome.ts';
import type { CheckOrder } from '../../orchestrator/checking/check-message.ts';
import type { Checker } from '../../orchestrator/checking/checker.ts';
import { step, type LeaseNumber, type SchedulerEffect } from '../../scheduler/index.ts';
import type { Judgement } from '../../workloads/index.ts';
import { simulate } from '../simulate.ts';
import { simulationOptions } from '../simulation-options.ts';
import type { Sabotage } from '../system/orchestrator-node.ts';
import { SimulatedDisk } from '../system/simulated-disk.ts';
import { CHECKER_NAMES, type CheckerName } from './checker-names.ts';

type Broken = {
  readonly how: string;
  readonly checker: CheckerName;
  readonly faults: readonly FaultKind[];
  readonly sabotage: () => Sabotage;
  readonly says: RegExp;
};

/** A scheduler whose effects are changed on their way out. */
function withEffects(change: (effect: SchedulerEffect) => readonly SchedulerEffect[]): Sabotage {
  return {
    step: (state, event) => ({ state, effects: step(state, event).effects.flatMap(change) }),
  };
}

/** A checker that judges otherwise. */
function judgedBy(
  { probe }: Checker,
  judge: (order: CheckOrder) => Promise<Judgement<LeaseNumber>>,
): Checker {
  return {
    probe,
    check: async (order) => succeed(await judge(order)),
    checkMany: async (orders) => succeed(await Promise.all(orders.map(judge))),
  };
}

const BROKEN: readonly Broken[] = [
  {
    how: 'a store that acknowledges before anything is durable',
    checker: 'nothing-lost',
    faults: ['crash'],
    sabotage: () => ({ disk: new SimulatedDisk({ forgets: 3 }) }),
    says: /came back without the last \d+ events/,
  },
  {
    how: 'a scheduler that accepts each task twice',
    checker: 'outputs-true',
    faults: [],
    sabotage: () =>
      withEffects((effect) => (effect.kind === 'tasks-accepted' ? [effect, effect] : [effect])),
    says: /were accepted twice/,
  },
  {
    how: 'a check that accepts the first result unseen',
    checker: 'outputs-true',
    faults: ['liar'],
    sabotage: () => ({
      checker: (inner) =>
        judgedBy(inner, async (order) => {
          // It is made, and then passed over.
          await inner.check(order);
          const verdict = { kind: 'accepted' } as const;
          const verdicts = order.results.map(({ lease }) => ({ lease, verdict }));
          return { verdicts, accepted: order.results[0]?.lease ?? null, checks: [] };
        }),
    }),
    says: /rows of the output of .* are wrong|which no check accepted/,
  },
  {
    how: 'a scheduler that credits what it does not accept',
    checker: 'credit-exact',
    faults: [],
    sabotage: () => withEffects((effect) => (effect.kind === 'tasks-accepted' ? [] : [effect])),
    says: /is told of \d+ accepted, not 0/,
  },
  {
    how: 'a scheduler that forgets to have stages assembled',
    checker: 'jobs-end',
    faults: [],
    sabotage: () => withEffects((effect) => (effect.kind === 'stage-finished' ? [] : [effect])),
    says: /nothing gets on, and these hang/,
  },
  {
    how: 'a scheduler that grants as much as there is',
    checker: 'within-limits',
    faults: ['flood'],
    sabotage: () => ({
      step(state, event) {
        const effects = [...step(state, event).effects];
        if (event.kind !== 'lease-requested') return { state, effects };
        const leases = effects.flatMap((one) => (one.kind === 'leases-granted' ? one.leases : []));
        for (let again = 0; again < 4 && leases.length > 0; again++) {
          for (const effect of step(state, { ...event, maxTasks: 64 }).effects) {
            if (effect.kind === 'leases-granted') leases.push(...effect.leases);
          }
        }
        const granted = { kind: 'leases-granted', session: event.session, leases } as const;
        const others = effects.filter(({ kind }) => kind !== 'leases-granted');
        return { state, effects: leases.length === 0 ? effects : [granted, ...others] };
      },
    }),
    says: /above LEASES_PER_CALL_MAX|LEASES_PER_AGENT_MAX are allowed/,
  },
  {
    how: 'a scheduler that never serves the first job',
    checker: 'fair-shares',
    faults: [],
    sabotage: () => {
      let victim: string | null = null;
      return withEffects((effect) => {
        if (effect.kind !== 'leases-granted') return [effect];
        victim ??= effect.leases[0]?.job ?? null;
        return [{ ...effect, leases: effect.leases.filter(({ job }) => job !== victim) }];
      });
    },
    says: /was passed over while/,
  },
  {
    how: 'a check that takes right for wrong',
    checker: 'honest-trusted',
    faults: [],
    sabotage: () => ({
      checker: (inner) =>
        judgedBy(inner, async ({ results }) => {
          const verdict = { kind: 'rejected', reason: 'a whim' } as const;
          const verdicts = results.map(({ lease }) => ({ lease, verdict }));
          return { verdicts, accepted: null, checks: [] };
        }),
    }),
    says: /honest agent .* is in quarantine: a whim/,
  },
  {
    how: 'a check that asserts',
    checker: 'no-bugs',
    faults: [],
    sabotage: () => ({
      checker: (inner) =>
        judgedBy(inner, async () => {
          throw new Error('broken invariant: on purpose');
        }),
    }),
    says: /on purpose/,
  },
];

describe('the checkers', () => {
  it.each(BROKEN)('$checker sees $how', async ({ checker, faults, sabotage, says }) => {
    const options = simulationOptions({
      seed: 3,
      agents: 8,
      minutes: 3,
      jobs: 48,
      faults: new Map(faults.map((kind) => [kind, Infinity])),
    });
    const { violations } = await simulate(options, { sabotage: sabotage() });
    const found = violations.filter((violation) => violation.checker === checker);
    expect(found.map(({ message }) => message).join('\n')).toMatch(says);
    // The same network, whole.
    expect((await simulate(options)).violations).toEqual([]);
  });

  it('are all seen to fail', () => {
    expect(new Set(BROKEN.map(({ checker }) => checker))).toEqual(new Set(CHECKER_NAMES));
  });
});

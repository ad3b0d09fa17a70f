import type { FaultKind, FaultSelection } from './faults/fault-kind.ts';
import type { SimulationOptions } from './simulation-options.ts';

/** Simulations that one shrinking may run. Count. */
const TRIES_MAX = 150;
/** Shortest simulation that is tried. Minutes. */
const MINUTES_MIN = 0.1;

/**
 * Smaller options that still fail: fewer faults, agents and jobs, less time.
 *
 * Greedy: what is smaller and fails is gone on from, until nothing smaller fails or TRIES_MAX are
 * spent. `fails` runs a simulation and tells whether the same checker complains; null: stop now.
 */
export async function shrink(
  failing: SimulationOptions,
  fails: (options: SimulationOptions) => Promise<boolean | null>,
): Promise<SimulationOptions> {
  let best = failing;
  let tries = 0;
  for (let found = true; found;) {
    found = false;
    for (const candidate of smaller(best)) {
      if (tries++ >= TRIES_MAX) return best;
      const failed = await fails(candidate);
      if (failed === null) return best;
      if (!failed) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}

/** What is one step smaller, the boldest steps first. */
function* smaller(options: SimulationOptions): Generator<SimulationOptions> {
  for (const faults of fewerFaults(options.faults)) yield { ...options, faults };
  for (const minutes of lowerNumbers(options.minutes * 10)) {
    if (minutes / 10 >= MINUTES_MIN) yield { ...options, minutes: minutes / 10 };
  }
  for (const agents of lowerNumbers(options.agents)) yield { ...options, agents };
  for (const jobs of lowerNumbers(options.jobs)) yield { ...options, jobs };
  for (const faults of rarerFaults(options.faults)) yield { ...options, faults };
}

/** Half of the kinds, then all but one. */
function* fewerFaults(faults: FaultSelection): Generator<FaultSelection> {
  const kinds = [...faults];
  const middle = Math.ceil(kinds.length / 2);
  if (kinds.length > 2) {
    yield new Map(kinds.slice(0, middle));
    yield new Map(kinds.slice(middle));
  }
  for (const [kind] of kinds) yield without(faults, kind);
}

function* rarerFaults(faults: FaultSelection): Generator<FaultSelection> {
  for (const [kind, most] of faults) {
    const counts = most === Infinity ? [1, 4] : lowerNumbers(most);
    for (const count of counts) yield new Map([...faults, [kind, count]]);
  }
}

function without(faults: FaultSelection, kind: FaultKind): FaultSelection {
  return new Map([...faults].filter(([other]) => other !== kind));
}

/** Whole numbers from 1 to below: a quarter, half, three quarters, one less. */
function lowerNumbers(from: number): readonly number[] {
  const steps = [from / 4, from / 2, (from * 3) / 4, from - 1].map((step) => Math.floor(step));
  return [...new Set(steps)].filter((step) => step >= 1 && step < from);
}

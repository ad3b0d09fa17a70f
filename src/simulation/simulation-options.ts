import { ALL_FAULTS, type FaultSelection } from './faults/fault-kind.ts';

/** What a simulation is made from: the same options, the same history. */
export type SimulationOptions = {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** Devices, one of them a flooder where floods are asked for. */
  readonly agents: number;
  /** Virtual minutes in which things go wrong; behind them everything comes to its end. */
  readonly minutes: number;
  readonly jobs: number;
  readonly faults: FaultSelection;
};

export const DEFAULT_AGENTS = 8;
export const DEFAULT_MINUTES = 3;

/** Most of each, so that a slip of the finger ends with words. Counts and minutes. */
export const SIMULATED_AGENTS_MAX = 2_000;
export const SIMULATED_MINUTES_MAX = 1_440;
export const SIMULATED_JOBS_MAX = 1_000;

/** As many jobs as keep these devices busy most of the time. */
export function jobsFor(of: { readonly agents: number; readonly minutes: number }): number {
  return Math.min(SIMULATED_JOBS_MAX, 3 + Math.round((of.agents * of.minutes) / 2));
}

/** Options with what was left out. */
export function simulationOptions(
  given: Partial<SimulationOptions> & { readonly seed: number },
): SimulationOptions {
  const { seed, agents = DEFAULT_AGENTS, minutes = DEFAULT_MINUTES, faults = ALL_FAULTS } = given;
  return { seed, agents, minutes, jobs: given.jobs ?? jobsFor({ agents, minutes }), faults };
}

import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { SimulationOptions } from '../simulation/index.ts';

/** What was typed behind `simulate`. */
export type TypedOptions = {
  readonly seed?: string;
  readonly seeds?: string;
  readonly agents: string;
  readonly minutes: string;
  readonly jobs?: string;
  readonly faults: string;
  readonly shrink?: true;
  readonly json?: true;
};

/** Seeds to run, one after the other, and what is the same for all of them. */
export type Plan = {
  readonly seeds: { readonly first: number; readonly last: number };
  readonly of: (seed: number) => SimulationOptions;
};

const SEED_MAX = 2 ** 32 - 1;

/** Reads the options. Errors: "config_invalid", naming option and bounds. */
export async function planOf(typed: TypedOptions): Promise<Outcome<Plan>> {
  const room = await import('../simulation/index.ts');
  const seeds = parseSeeds(typed);
  if (!seeds.ok) return seeds;
  const agents = whole(typed.agents, { option: '--agents', max: room.SIMULATED_AGENTS_MAX });
  if (!agents.ok) return agents;
  const minutes = parseMinutes(typed.minutes, room.SIMULATED_MINUTES_MAX);
  if (!minutes.ok) return minutes;
  const jobs =
    typed.jobs === undefined
      ? succeed(undefined)
      : whole(typed.jobs, { option: '--jobs', max: room.SIMULATED_JOBS_MAX });
  if (!jobs.ok) return jobs;
  const faults = room.parseFaults(typed.faults);
  if (!faults.ok) return faults;
  const shared = {
    agents: agents.value,
    minutes: minutes.value,
    faults: faults.value,
    ...(jobs.value !== undefined && { jobs: jobs.value }),
  };
  return succeed({
    seeds: seeds.value,
    of: (seed) => room.simulationOptions({ ...shared, seed }),
  });
}

function parseSeeds({ seed, seeds }: TypedOptions): Outcome<Plan['seeds']> {
  if (seed !== undefined && seeds !== undefined) return invalid('give --seed or --seeds, not both');
  if (seeds === undefined) {
    const one = seed ?? String(Math.floor(Math.random() * 2 ** 32));
    const parsed = whole(one, { option: '--seed', min: 0, max: SEED_MAX });
    return parsed.ok ? succeed({ first: parsed.value, last: parsed.value }) : parsed;
  }
  const [, from, to] = /^(\d{1,10})\.\.(\d{1,10})$/.exec(seeds) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (first <= last && last <= SEED_MAX) return succeed({ first, last });
  return invalid(`--seeds ${seeds} is not two seeds such as 1..300, the smaller one first`);
}

function parseMinutes(text: string, max: number): Outcome<number> {
  const minutes = Number(text);
  if (/^\d+(\.\d)?$/.test(text) && minutes >= 0.1 && minutes <= max) return succeed(minutes);
  return invalid(`--minutes ${text} is not a number from 0.1 to ${max}, by tenths`);
}

function whole(
  text: string,
  {
    option,
    min = 1,
    max,
  }: { readonly option: string; readonly min?: number; readonly max: number },
): Outcome<number> {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return succeed(value);
  return invalid(`${option} ${text} is not a whole number from ${min} to ${max}`);
}

function invalid(message: string): Outcome<never> {
  return fail(failure('config_invalid', `${message}.`));
}

import { boincAdaptive } from './boinc-rule.ts';
import type { CheckingRule } from './checking-rule.ts';
import { honestDevices, type HonestDevice } from './honest-devices.ts';
import { OURS, QUORUM_2 } from './our-rule.ts';
import { crowd, type Person } from './people.ts';
import type { Tally } from './tally.ts';
import { SUBJECTS, TrustJobs, type Subject, type TaskSize } from './trust-jobs.ts';
import { runTrustWorld, type WorldPlan } from './trust-world.ts';

/** Of liars that begin at once, now and then, and seldom. */
const RATES = [1, 0.2, 0.05];
/** Results that keys of liars of models give rightly first, to be sampled only. Count. */
const HONEST_FIRST = [0, 80, 200, 500];
const LIAR_SHARE = 0.3;
const COLLUDER_SHARE = 0.1;

/** Small tasks, and such that have enough elements for who lies of large ones only. */
const SMALL: TaskSize = { rowsPerTask: 8, taskCount: 128, columns: 16, inner: 64 };
const LARGE: TaskSize = { rowsPerTask: 64, taskCount: 32, columns: 64, inner: 64 };
const LARGE_REDUCTION: TaskSize = { rowsPerTask: 4096, taskCount: 4, columns: 1, inner: 4 };
/** So long that each key gives thousands of results, which are sampled. */
const LONG_MODEL: TaskSize = { rowsPerTask: 32, taskCount: 100_000, columns: 16, inner: 16 };
/** So short that most of each key's results are looked at. */
const SHORT_MODEL: TaskSize = { ...LONG_MODEL, taskCount: 10_000 };
/** With enough elements for who lies of large results only. */
const LARGE_MODEL: TaskSize = { rowsPerTask: 256, taskCount: 2_000, columns: 16, inner: 16 };
/** One job in so many is of large tasks. */
const LARGE_EVERY = 4;

const OPERATORS = SUBJECTS.filter((subject) => subject !== 'model rows');
/** Subjects whose work is mostly products. */
export const PRODUCTS: readonly Subject[] = ['qmatmul', 'matmul', 'matmul, add, relu'];

/** What the worlds share; opened once. */
export type Stage = { readonly blocks: TrustJobs; readonly devices: readonly HonestDevice[] };

export async function openStage(): Promise<Stage> {
  const blocks = new TrustJobs();
  return { blocks, devices: await honestDevices(blocks.modelFile) };
}

/** Operators, each checked completely. */
export function operatorsPlan(of: {
  readonly tasks: number;
  readonly rule?: CheckingRule;
  readonly seed?: number;
}): Omit<WorldPlan, keyof Stage> {
  const jobs = Array.from({ length: LARGE_EVERY }, (_, turn) =>
    OPERATORS.map((subject) => ({ subject, size: turn === 0 ? largeOf(subject) : SMALL })),
  ).flat();
  return {
    people: dishonestCrowd(100),
    jobs,
    jobsOpen: 8,
    tasks: of.tasks,
    rule: of.rule ?? OURS,
    seed: of.seed ?? 1,
  };
}

/** Rows of a model, sampled where a key has a record. */
export function modelPlan(of: {
  readonly tasks: number;
  readonly rule?: CheckingRule;
}): Omit<WorldPlan, keyof Stage> {
  return {
    people: dishonestCrowd(40, HONEST_FIRST),
    jobs: [SHORT_MODEL, LONG_MODEL, LARGE_MODEL].map((size) => ({ subject: 'model rows', size })),
    jobsOpen: 1,
    tasks: of.tasks,
    rule: of.rule ?? OURS,
    seed: 1,
  };
}

/** Liars who know the sampling: a long record first, then one lie in a hundred, in a long stage. */
export function patientPlan(of: { readonly tasks: number }): Omit<WorldPlan, keyof Stage> {
  const rules = { liarShare: LIAR_SHARE, colluderShare: COLLUDER_SHARE };
  const people = crowd({ count: 40, ...rules, rates: [0.01], honestFirst: [300] });
  return { ...modelPlan(of), people, jobs: [{ subject: 'model rows', size: LONG_MODEL }] };
}

/** Who takes part in the comparison of rules. */
export const CROWDS = {
  'all honest': crowd({ ...nobody(), count: 40 }),
  '30 % liars': crowd({ ...nobody(), count: 40, liarShare: LIAR_SHARE }),
  '30 % liars, 10 % in pairs': dishonestCrowd(40),
} as const satisfies Record<string, readonly Person[]>;
export type CrowdName = keyof typeof CROWDS;

export const RULES_COMPARED = {
  ours: () => OURS,
  'quorum of 2': () => QUORUM_2,
  "BOINC's adaptive replication": boincAdaptive,
} as const satisfies Record<string, () => CheckingRule>;
export type RuleName = keyof typeof RULES_COMPARED;

/** Products and rows of a model, under each rule and in each crowd. */
export async function compareRules(
  stage: Stage,
  of: { readonly tasks: number; readonly modelTasks: number },
): Promise<ReadonlyMap<RuleName, ReadonlyMap<CrowdName, Tally>>> {
  const products = Array.from({ length: 8 }, () =>
    PRODUCTS.map((subject) => ({ subject, size: SMALL })),
  ).flat();
  const model = {
    subject: 'model rows',
    size: { ...LONG_MODEL, taskCount: of.modelTasks },
  } as const;
  const found = new Map<RuleName, Map<CrowdName, Tally>>();
  for (const [rule, make] of Object.entries(RULES_COMPARED)) {
    const tallies = new Map<CrowdName, Tally>();
    for (const [name, people] of Object.entries(CROWDS)) {
      const jobs = [model, ...products];
      const plan = { people, jobs, jobsOpen: 4, tasks: of.tasks, rule: make(), seed: 7, ...stage };
      // Names of the object whose entries these are.
      tallies.set(name as CrowdName, await runTrustWorld(plan));
    }
    found.set(rule as RuleName, tallies);
  }
  return found;
}

function dishonestCrowd(count: number, honestFirst: readonly number[] = []): readonly Person[] {
  const shares = { liarShare: LIAR_SHARE, colluderShare: COLLUDER_SHARE };
  return crowd({ count, ...shares, rates: RATES, honestFirst });
}

function nobody() {
  return { liarShare: 0, colluderShare: 0, rates: RATES, honestFirst: [] };
}

function largeOf(subject: Subject): TaskSize {
  return subject.startsWith('reduce') ? LARGE_REDUCTION : LARGE;
}

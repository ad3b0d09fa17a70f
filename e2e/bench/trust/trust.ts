import { figureOf, median, rounded, type Line, type Suite } from '../figure.ts';
import { checkingCost } from './checking-cost.ts';
import { checkingShares } from './checking-shares.ts';
import { DECLARED_ESCAPES } from './declared-bounds.ts';
import { noFindings, type Findings } from './findings.ts';
import { runHonest } from './honest-results.ts';
import { UNCHECKED } from './our-rule.ts';
import { realBackends } from './real-backends.ts';
import { ruleLines } from './rule-lines.ts';
import { totalOf, type Tally } from './tally.ts';
import type { TaskSize } from './trust-jobs.ts';
import { LEASES_AT_ONCE, runTrustWorld } from './trust-world.ts';
import {
  compareRules,
  modelPlan,
  openStage,
  operatorsPlan,
  patientPlan,
  type Stage,
} from './worlds.ts';
import { writeTrustDoc } from './write-docs.ts';

const OPERATOR_TASKS = 120_000;
const MODEL_TASKS = 300_000;
const PATIENT_TASKS = 100_000;
const UNCHECKED_TASKS = 12_000;
/** `modelTasks` are of the first job, and among `tasks`. */
const COMPARED = { tasks: 38_000, modelTasks: 24_000 };
const HONEST_RESULTS = 1_000_000;
const REAL_RESULTS = 4_000;
/** Small enough for a million, and large enough for every check there is. */
const HONEST_SIZE: TaskSize = { rowsPerTask: 2, taskCount: 256, columns: 8, inner: 64 };
const REAL_SIZE: TaskSize = { rowsPerTask: 16, taskCount: 64, columns: 64, inner: 128 };

/** Liars of all kinds against every check, what checking costs, and honest devices. */
export function trustSuite(): Suite {
  const findings = noFindings();
  let opened: Promise<Stage> | null = null;
  const stage = (): Promise<Stage> => (opened ??= openStage());
  return {
    name: 'trust',
    measurements: [
      async () => (findings.shares = await checkingShares()),
      async () => (findings.costs = await checkingCost()),
      async () => operatorLines(findings, await stage()),
      async () => modelLines(findings, await stage()),
      async () => {
        findings.compared = await compareRules(await stage(), COMPARED);
        return ruleLines(findings);
      },
      async () => honestLines(findings, await stage()),
    ],
    writeDocs: () => writeTrustDoc(findings),
  };
}

async function operatorLines(findings: Findings, stage: Stage): Promise<readonly Line[]> {
  const plan = operatorsPlan({ tasks: OPERATOR_TASKS });
  const tally = (findings.operators = await runTrustWorld({ ...plan, ...stage }));
  const unchecked = operatorsPlan({ tasks: UNCHECKED_TASKS, rule: UNCHECKED });
  const control = await runTrustWorld({ ...unchecked, ...stage });
  const tasks = totalOf(tally.sealedResults);
  const wrong = totalOf(tally.wrongNumbers);
  const peer = (totalOf(control.wrongNumbers) / totalOf(control.sealedResults)) * tasks;
  return [
    figureOf(
      {
        ...ABOUT,
        name: 'wrong-in-output',
        unit: 'numbers',
        work: `${tasks} tasks of 17 operators and a chain, complete checks; ${crowdText(tally)}`,
        peer: `no checks, by ${totalOf(control.sealedResults)} tasks of the same crowd`,
        goal: '0',
      },
      [{ value: wrong, ours: wrong, peer }],
    ),
    ...caughtLines(tally, 'complete checks'),
  ];
}

async function modelLines(findings: Findings, stage: Stage): Promise<readonly Line[]> {
  const plan = modelPlan({ tasks: MODEL_TASKS });
  const tally = (findings.model = await runTrustWorld({ ...plan, ...stage }));
  const patient = patientPlan({ tasks: PATIENT_TASKS });
  const worst = (findings.patient = await runTrustWorld({ ...patient, ...stage }));
  return [
    escapeLine(tally, 'of all kinds'),
    escapeLine(worst, 'with 300 right results first, then one lie in 100 results'),
    ...caughtLines(tally, 'sampled rows of a model'),
  ];
}

function escapeLine(tally: Tally, liars: string): Line {
  const results = totalOf(tally.sealedResults);
  const fates = [...tally.fates.values()];
  const sum = (of: 'told' | 'escaped' | 'revoked' | 'sealed'): number =>
    fates.reduce((total, fate) => total + fate[of], 0);
  const fate = `${sum('told')} wrong results told, ${sum('escaped')} accepted at first, of these ${sum('revoked')} computed anew and ${sum('sealed')} sealed`;
  const value = totalOf(tally.sealedWrong) / results;
  return figureOf(
    {
      ...ABOUT,
      name: 'escape-rate-sampled',
      unit: 'ratio',
      work: `${results} tasks of 32 or 256 rows of a model, liars ${liars}: ${fate}; ${crowdText(tally)}`,
      peer: 'the declared bound, of the results of a key that lies',
      goal: '<= 1e-5',
    },
    [{ value, ours: value, peer: DECLARED_ESCAPES }],
  );
}

/** One line a lie: how long keys that tell it last. */
function caughtLines(tally: Tally, how: string): readonly Line[] {
  const kinds = new Set(tally.caught.map(({ lie }) => lie));
  return [...kinds].map((lie): Line => {
    const caught = tally.caught.filter((one) => one.lie === lie);
    const runs = caught.map(({ results }) => ({ value: results, ours: results, peer: 1 }));
    const seconds = rounded(median(caught.map(({ virtualMs }) => virtualMs / 1000)));
    const wrong = rounded(median(caught.map((one) => one.wrong)));
    return figureOf(
      {
        ...ABOUT,
        name: 'tasks-to-catch',
        unit: 'tasks',
        work: `${lie}, ${how}: results of a key from its first wrong one on until it is caught, reported ${LEASES_AT_ONCE} at once, ${wrong} of them wrong; ${seconds} virtual seconds; ${caught.length} keys`,
        peer: 'caught at the first wrong result',
      },
      runs,
    );
  });
}

async function honestLines(findings: Findings, stage: Stage): Promise<readonly Line[]> {
  const simulated = await runHonest({
    ...stage,
    results: HONEST_RESULTS,
    seed: 1,
    size: HONEST_SIZE,
    modelEvery: 8,
  });
  const devices = stage.devices.map(({ name }) => name).join(', ');
  findings.honest.push({ ...simulated, name: devices });
  const tallies = [findings.operators, findings.model, findings.patient];
  const inWorlds = tallies.reduce((sum, tally) => sum + (tally?.honestQuarantined.length ?? 0), 0);
  const lines: Line[] = [
    honestLine(inWorlds + simulated.rejected.length, {
      work: `${simulated.results} results in simulation with the rounding of ${devices}, and the honest keys of all worlds`,
    }),
  ];
  for (const backend of await realBackends(stage.blocks.modelFile)) {
    const { name } = backend;
    if ('absent' in backend) {
      findings.absent.push({ name, why: backend.absent });
      lines.push({
        suite: 'trust',
        name: 'honest-quarantined',
        skipped: `${name}: ${backend.absent}`,
      });
      continue;
    }
    const { device, subjects } = backend;
    const found = await runHonest({
      devices: [device],
      blocks: stage.blocks,
      results: REAL_RESULTS,
      seed: 1_000_000,
      subjects,
      size: REAL_SIZE,
      modelEvery: 1,
    });
    findings.honest.push({ ...found, name });
    const work = `${found.results} results computed by ${name}`;
    lines.push(honestLine(found.rejected.length, { work }));
  }
  return lines;
}

function honestLine(value: number, { work }: { readonly work: string }): Line {
  const about = { ...ABOUT, name: 'honest-quarantined', unit: 'results', work, goal: '0' };
  return figureOf({ ...about, peer: 'none may be' }, [{ value, ours: value, peer: 0 }]);
}

const ABOUT = { suite: 'trust', better: 'lower' } as const;

function crowdText({ results, caught }: Tally): string {
  return `30 % liars of 10 kinds and 10 % colluding in pairs, who come back with new keys: ${caught.length} keys caught, ${results} results; one core`;
}

import { cpus } from 'node:os';
import { LIES } from '../../../src/agent/lies/lies.ts';
import { LIE_NAMES, type LieName } from '../../../src/agent/lies/lie.ts';
import { median, rounded, type Line } from '../figure.ts';
import { COST_NAMES } from './checking-cost.ts';
import { declaredOf } from './declared-bounds.ts';
import type { Findings } from './findings.ts';
import { costOf } from './rule-lines.ts';
import { totalOf, type Tally } from './tally.ts';
import { SUBJECTS, type Subject } from './trust-jobs.ts';
import { LEASES_AT_ONCE } from './trust-world.ts';

/** The tables of docs/trust.md, of what was found. */
export function trustTables(findings: Findings): string {
  return [
    `Measured on ${cpus()[0]?.model ?? 'an unknown CPU'} with Node ${process.version}.`,
    '',
    ...liesByOperator(findings),
    ...timeToCatch(findings),
    ...escapes(findings),
    ...costs(findings),
    ...costsByOperator(findings),
    ...rules(findings),
    ...honest(findings),
  ].join('\n');
}

const TOLD = LIE_NAMES.filter((lie) => LIES[lie].isWrong);

function liesByOperator({ operators, model }: Findings): readonly string[] {
  if (operators === null || model === null) return [];
  const rows = SUBJECTS.map((subject) => {
    const tally = subject === 'model rows' ? model : operators;
    const cells = TOLD.map((lie) => cellOf(tally, { lie, subject }));
    return [subject, ...cells, `${tally.sealedWrong.get(subject) ?? 0}`, declaredOf(subject)];
  });
  return [
    '### Every lie about every operator',
    '',
    'Wrong results told · of these in an output. A dash: the lie cannot be told of it, or is no lie.',
    '',
    ...table(['work', ...TOLD, 'wrong results in outputs', 'check, and what may pass'], rows),
  ];
}

function cellOf(tally: Tally, of: { lie: LieName; subject: Subject }): string {
  const fate = tally.fates.get(`${of.lie}/${of.subject}`);
  return fate === undefined ? '–' : `${fate.told} · ${fate.sealed}`;
}

function timeToCatch({ operators, model }: Findings): readonly string[] {
  const rows = [...caughtRows(operators, 'complete'), ...caughtRows(model, 'sampled')];
  const head = [
    'lie',
    'checks',
    'keys caught',
    'at large at the end',
    'tasks, median',
    'tasks, most',
  ];
  return [
    '### Time to catch',
    '',
    `Tasks: results of a key from its first wrong one on until its quarantine. ${LEASES_AT_ONCE} are reported at`,
    'once, so one that lies always is caught at its first check after that many. Wrong: how many were.',
    '',
    ...table([...head, 'wrong, median', 'wrong, most', 'virtual seconds, median'], rows),
  ];
}

function caughtRows(tally: Tally | null, checks: string): string[][] {
  if (tally === null) return [];
  return TOLD.map((lie) => {
    const caught = tally.caught.filter((one) => one.lie === lie);
    const large = [...tally.atLarge].filter(({ person }) => person.lie === lie).length;
    if (caught.length === 0) return [lie, checks, '0', `${large}`, '–', '–', '–', '–', '–'];
    const results = caught.map((one) => one.results);
    const wrong = caught.map((one) => one.wrong);
    const seconds = caught.map(({ virtualMs }) => virtualMs / 1000);
    const of = (values: readonly number[]) => [`${median(values)}`, `${Math.max(...values)}`];
    return [
      lie,
      checks,
      `${caught.length}`,
      `${large}`,
      ...of(results),
      ...of(wrong),
      `${rounded(median(seconds))}`,
    ];
  });
}

function escapes({ operators, model, patient }: Findings): readonly string[] {
  const worlds = [
    { name: 'operators, liars of all kinds', tally: operators },
    { name: 'rows of a model, liars of all kinds', tally: model },
    { name: 'rows of a model, 300 right results first, then one lie in 100', tally: patient },
  ];
  const rows = worlds.flatMap(({ name, tally }) => {
    if (tally === null) return [];
    const fates = [...tally.fates.values()];
    const sum = (of: keyof (typeof fates)[number]): number =>
      fates.reduce((total, fate) => total + fate[of], 0);
    const sealed = totalOf(tally.sealedResults);
    const rate = totalOf(tally.sealedWrong) / sealed;
    const counts = [sum('told'), sum('rejected'), sum('dropped'), sum('escaped'), sum('revoked')];
    const wrong = [totalOf(tally.sealedWrong), totalOf(tally.wrongNumbers)];
    return [[name, `${sealed}`, ...[...counts, ...wrong].map(String), rate.toExponential(1)]];
  });
  const head = ['world', 'tasks', 'wrong results told', 'rejected', 'dropped with their key'];
  const accepted = ['accepted at first', 'of these computed anew', 'wrong results in outputs'];
  return [
    '### What became of wrong results',
    '',
    ...table([...head, ...accepted, 'wrong numbers in outputs', 'rate'], rows),
  ];
}

/** What stands between a work and the chance that a wrong result of it passes. */
const PASSES = '; one core; a wrong result passes with ';

function costs({ shares }: Findings): readonly string[] {
  const rows = shares.flatMap((line: Line) => {
    if (!('value' in line)) return [];
    const [work = '', chance = ''] = line.work.split(PASSES);
    const when = line.name === 'checking-share-full' ? 'full' : 'steady';
    return [[work, when, percent(line.value), line.goal ?? '', chance]];
  });
  return [
    '### What checking costs',
    '',
    'CPU time of the check over CPU time of the work in WASM, both on one thread, with all bytes in',
    'memory. Together: as many as a thread gets at once where results wait for one (`CHECK_BATCH_BYTES`,',
    '`CHECKS_PER_BATCH_MAX`). Floats have both signs, as most weights do: where all are positive, matmul',
    'is projected on twice as many lists.',
    '',
    ...table(['work', 'checking', 'share', 'goal', 'a wrong result passes with'], rows),
  ];
}

function costsByOperator(findings: Findings): readonly string[] {
  const shares = new Map<string, Map<string, string>>();
  for (const line of findings.costs) {
    if (!('value' in line)) continue;
    const known = shares.get(line.work) ?? new Map<string, string>();
    shares.set(line.work, known.set(line.name, percent(line.value)));
  }
  const rows = [...shares].map(([work, of]) => {
    const [name = '', chance = ''] = work.split(PASSES);
    return [name, ...COST_NAMES.map((cost) => of.get(cost) ?? ''), chance];
  });
  return [
    '### By operator and size',
    '',
    'CPU time over that of the work, as above, of complete checks: with all bytes at hand, and with those',
    'read from blocks in memory. Beside it what hashing those bytes costs whoever fetches them. An operator',
    'that moves more than it computes is computed again, and what our kernels give to the bit passes; what',
    'another device rounds otherwise is compared with the references.',
    '',
    ...table(['work', 'checking', 'from blocks', 'SHA-256', 'a wrong result passes with'], rows),
  ];
}

function rules(findings: Findings): readonly string[] {
  const { compared } = findings;
  if (compared === null || findings.shares.length === 0) return [];
  const rows = [...compared].flatMap(([rule, crowds]) =>
    [...crowds.keys()].map((crowd) => {
      const cost = costOf(findings, { rule, crowd });
      return [
        crowd,
        rule,
        percent(cost.products),
        `${cost.wrongProducts}`,
        percent(cost.model),
        `${cost.wrongModel}`,
      ];
    }),
  );
  const tasks = totalOf(compared.get('ours')?.get('all honest')?.sealedResults ?? new Map());
  const head = ['crowd', 'rule', 'checking of products', 'wrong results', 'checking of model rows'];
  return [
    '### Beside other rules',
    '',
    `One world of ${tasks} tasks, 40 people, and the same work under each rule. Tasks that are`,
    'computed once more count as one each; our checks of products as measured above.',
    '',
    ...table([...head, 'wrong results'], rows.toSorted(byFirst)),
  ];
}

function honest(findings: Findings): readonly string[] {
  const rows = findings.honest.map(({ name, results, rejected }) => {
    return [name, `${results}`, `${rejected.length}`];
  });
  for (const { name, why } of findings.absent) rows.push([name, `skipped: ${why}`, '']);
  return [
    '### Honest devices',
    '',
    ...table(['backend', 'results checked completely', 'rejected'], rows),
  ];
}

function byFirst([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

function percent(share: number): string {
  return `${rounded(100 * share)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

import { figureOf, median, type Figure, type Line } from '../figure.ts';
import type { Findings } from './findings.ts';
import { totalOf, type Tally } from './tally.ts';
import type { Subject } from './trust-jobs.ts';
import { PRODUCTS, type CrowdName, type RuleName } from './worlds.ts';

/** Checking under one rule, over the work. Ratios; wrong results are counted. */
export type RuleCost = {
  readonly products: number;
  readonly model: number;
  readonly wrongProducts: number;
  readonly wrongModel: number;
};

/**
 * What a rule cost in a crowd, as a share of the tasks that entered outputs.
 *
 * Tasks computed once more count as one each, whatever comparing them costs. Our complete checks of
 * products count as what they were measured to cost at 1024^3, together with others of their stage.
 */
export function costOf(findings: Findings, of: { rule: RuleName; crowd: CrowdName }): RuleCost {
  const tally = findings.compared?.get(of.rule)?.get(of.crowd);
  if (tally === undefined) throw new Error(`${of.rule} was not compared`);
  const unit = of.rule === 'ours' ? shareOfProducts(findings) : 1;
  return {
    products: unit * shareOf(tally, PRODUCTS),
    model: shareOf(tally, ['model rows']),
    wrongProducts: count(tally.sealedWrong, PRODUCTS),
    wrongModel: count(tally.sealedWrong, ['model rows']),
  };
}

/** The peers' figures, each beside ours in the same world. */
export function ruleLines(findings: Findings): readonly Line[] {
  const lines: Line[] = [];
  const peers = [
    { rule: 'quorum of 2', name: 'checking-share-quorum2' },
    { rule: "BOINC's adaptive replication", name: 'checking-share-boinc-adaptive' },
  ] as const;
  for (const { rule, name } of peers) {
    for (const crowd of findings.compared?.get(rule)?.keys() ?? []) {
      const theirs = costOf(findings, { rule, crowd });
      const ours = costOf(findings, { rule: 'ours', crowd });
      for (const kind of ['products', 'model'] as const) {
        const wrong = kind === 'products' ? 'wrongProducts' : 'wrongModel';
        const tasks = findings.compared?.get(rule)?.get(crowd)?.sealedResults ?? new Map();
        const of = kind === 'products' ? 'products' : 'rows of a model';
        const about = {
          suite: 'trust',
          name,
          unit: 'ratio',
          better: 'lower',
          work: `${of}, ${crowd}, ${totalOf(tasks)} tasks; wrong results in outputs: ${theirs[wrong]}, ours ${ours[wrong]}`,
          peer: 'ours, in the same world',
        } as const;
        lines.push(
          figureOf(about, [{ value: theirs[kind], ours: theirs[kind], peer: ours[kind] }]),
        );
      }
    }
  }
  return lines;
}

function shareOf(tally: Tally, subjects: readonly Subject[]): number {
  return count(tally.checkingTasks, subjects) / count(tally.sealedResults, subjects);
}

function count(counts: ReadonlyMap<Subject, number>, subjects: readonly Subject[]): number {
  return subjects.reduce((sum, subject) => sum + (counts.get(subject) ?? 0), 0);
}

/** The mean over both kinds of products of what their checks cost at 1024^3. */
function shareOfProducts({ shares }: Findings): number {
  const values = shares
    .filter((line): line is Figure => 'value' in line && line.name === 'checking-share-steady')
    .filter(({ work }) => work.includes('matmul 1024'))
    .map(({ value }) => value);
  return median(values);
}

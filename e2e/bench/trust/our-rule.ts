import { certain } from '../../network/client.ts';
import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';
import { isPartial, orderedMode } from '../../../src/orchestrator/checking/ordered-mode.ts';
import { drawRows } from '../../../src/validation/index.ts';
import type { CheckRequest, Judgement } from '../../../src/scheduler/index.ts';
import type { Bench, CheckingRule } from './checking-rule.ts';
import { checkSeed } from './check-seed.ts';
import { add } from './tally.ts';

/** The checks as the orchestrator makes them: each result by what its job and key ask for. */
export const OURS: CheckingRule = {
  name: 'ours: adaptive checks',
  policy: { kind: 'adaptive' },
  judge: judgeByChecks,
};

/** Two keys compute each task; where they differ all is recomputed. */
export const QUORUM_2: CheckingRule = {
  name: 'quorum of 2',
  policy: { kind: 'twice' },
  judge: OURS.judge,
};

/** Accepts whatever has the right shape: shows that the bench finds what no check finds. */
export const UNCHECKED: CheckingRule = {
  name: 'no checks',
  policy: { kind: 'adaptive' },
  judge: async (requests) =>
    requests.map(({ task, results }) => {
      const verdict = { kind: 'accepted' } as const;
      const verdicts = results.map(({ lease }) => ({ lease, verdict }));
      return { task, verdicts, accepted: results[0]?.lease ?? null };
    }),
};

async function judgeByChecks(
  requests: readonly CheckRequest[],
  bench: Bench,
): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = [];
  for (const asked of byJob(requests)) {
    const orders = asked.map((request) => orderOf(request, bench));
    const judged = certain(await bench.checker.checkMany(orders));
    for (const [index, { task, job, rows, results }] of asked.entries()) {
      const found = judged[index];
      const order = orders[index];
      if (found === undefined || order === undefined) throw new Error('a check was not made');
      const { verdicts, accepted } = found;
      const isSampled = accepted !== null && isPartial(order.mode, rows);
      judgements.push({ task, verdicts, accepted, ...(isSampled && { sampled: true }) });
      const differed = verdicts.some(({ verdict }) => verdict.kind === 'rejected');
      // Of several results one was needed; those that differ are recomputed.
      const again = results.length - 1 + (results.length > 1 && differed ? 1 : 0);
      add(bench.tally.checkingTasks, bench.job(job).subject, again + recomputedShare(order));
    }
  }
  return judgements;
}

/** As the orchestrator makes it: see src/orchestrator/checking/judge.ts. */
function orderOf(request: CheckRequest, bench: Bench): CheckOrder {
  const { job, rows } = request;
  const results = request.results.map(({ lease }) => ({ lease, output: bench.output(lease) }));
  const mode = orderedMode(bench.state, request, true);
  const { work } = bench.job(job).stage;
  return { work, rows, results, mode, seed: checkSeed(bench.random.nextUint32()) };
}

/** Share of the rows that a check goes through. */
function recomputedShare({ mode, rows }: CheckOrder): number {
  if (mode.kind === 'compare') return 0;
  const all = { start: 0, end: rows.end - rows.start };
  const random = { nextUint32: () => 0, nextBelow: () => 0, nextUnit: () => 0 };
  let drawn = 0;
  for (const { start, end } of drawRows({ rows: all, share: mode.share, random })) {
    drawn += end - start;
  }
  return drawn / all.end;
}

function byJob(requests: readonly CheckRequest[]): Iterable<CheckRequest[]> {
  const jobs = new Map<string, CheckRequest[]>();
  for (const request of requests) {
    const known = jobs.get(request.job);
    if (known === undefined) jobs.set(request.job, [request]);
    else known.push(request);
  }
  return jobs.values();
}

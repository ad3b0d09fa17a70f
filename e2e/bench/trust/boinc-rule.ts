import type { TaskOutput } from '../../../src/domain/work.ts';
import { AGREEMENT_TOLERANCE, MODEL_TOLERANCE } from '../../../src/validation/index.ts';
import { firstDifferentRow } from '../../../src/workloads/row-difference.ts';
import type { CheckRequest, Judgement } from '../../../src/scheduler/index.ts';
import type { Bench, CheckingRule } from './checking-rule.ts';
import { tensorsOf } from './inline-output.ts';
import { add, type KeyTally } from './tally.ts';
import type { TrustJob } from './trust-jobs.ts';

/** Consecutive valid results from which on a host may be trusted. Count. */
const TRUSTED_FROM = 10;
/** Results of one task before it is given up, and its first result stands. Count. */
const INSTANCES_MAX = 8;

type Instance = { readonly key: KeyTally; readonly output: TaskOutput };

/**
 * BOINC's adaptive replication: a host with CV consecutive valid results of replicated tasks is
 * trusted with a chance of 1 - 1 / CV from 10 on, and then its result stands unchecked; otherwise
 * the task goes to further hosts until two agree. Those who differ from them begin at 0.
 *
 * The further hosts are drawn evenly; BOINC prefers those that are not trusted. Nobody is excluded.
 * Source: https://github.com/BOINC/boinc/wiki/AdaptiveReplication
 */
export function boincAdaptive(): CheckingRule {
  const validInARow = new Map<KeyTally, number>();

  const isTrusted = (key: KeyTally, { random }: Bench): boolean => {
    const valid = validInARow.get(key) ?? 0;
    return valid >= TRUSTED_FROM && random.nextUnit() >= 1 / valid;
  };

  const judge = async (request: CheckRequest, bench: Bench): Promise<Judgement> => {
    const [reported] = request.results;
    if (reported === undefined) throw new Error('a check has a result');
    const { lease } = reported;
    const first = { key: bench.keyOf(lease), output: bench.output(lease) };
    const job = bench.job(request.job);
    if (!isTrusted(first.key, bench)) {
      const instances = [first];
      let agreed = false;
      while (!agreed && instances.length < INSTANCES_MAX) {
        const not = instances.map(({ key }) => key);
        const next = await bench.computeElsewhere({ ...request, not });
        if (next === null) break;
        const same = instances.find((one) => agree(job, one, next));
        instances.push(next);
        if (same === undefined) continue;
        agreed = true;
        bench.replace(lease, same.output);
        for (const one of instances) {
          const isValid = one === same || one === next;
          validInARow.set(one.key, isValid ? (validInARow.get(one.key) ?? 0) + 1 : 0);
        }
      }
      // One result was needed; the others were computed for the check alone.
      add(bench.tally.checkingTasks, job.subject, instances.length - 1);
    }
    const verdicts = [{ lease, verdict: { kind: 'accepted' } as const }];
    return { task: request.task, verdicts, accepted: lease };
  };

  return {
    name: "BOINC's adaptive replication",
    policy: { kind: 'adaptive' },
    judge: async (requests, bench) => {
      const judgements: Judgement[] = [];
      for (const request of requests) judgements.push(await judge(request, bench));
      return judgements;
    },
  };
}

function agree({ stage }: TrustJob, one: Instance, other: Instance): boolean {
  const isModel = stage.work.program.kind === 'model';
  const tolerance = isModel ? MODEL_TOLERANCE : AGREEMENT_TOLERANCE;
  const others = tensorsOf(other.output);
  return tensorsOf(one.output).every((expected, index) => {
    const actual = others[index];
    if (actual === undefined) throw new Error('results of one task have as many outputs');
    return firstDifferentRow({ expected, actual, tolerance, times: 2 }) === null;
  });
}

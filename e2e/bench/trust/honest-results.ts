import { certain } from '../../network/client.ts';
import { makeChecker, type Checker } from '../../../src/orchestrator/checking/checker.ts';
import { tensorReader } from '../../../src/orchestrator/tensor-reader.ts';
import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';
import type { LeaseNumber } from '../../../src/scheduler/index.ts';
import { checkSeed } from './check-seed.ts';
import type { HonestDevice } from './honest-devices.ts';
import { inlineOutput } from './inline-output.ts';
import { StageTruth } from './stage-truth.ts';
import {
  SUBJECTS,
  type Subject,
  type TaskSize,
  type TrustJob,
  type TrustJobs,
} from './trust-jobs.ts';

/** What complete checks found of results that honest devices gave. */
export type HonestRun = { readonly results: number; readonly rejected: readonly string[] };

/**
 * Has honest devices compute jobs of all subjects, and checks every result completely, until there
 * are so many. A rejected one would have been a quarantine.
 */
export async function runHonest(of: {
  readonly devices: readonly HonestDevice[];
  readonly blocks: TrustJobs;
  readonly results: number;
  readonly seed: number;
  readonly subjects?: readonly Subject[];
  readonly size: TaskSize;
  /** Model rows are slower than operators: one job of them in so many. */
  readonly modelEvery: number;
}): Promise<HonestRun> {
  const { devices, blocks, subjects = SUBJECTS, size } = of;
  const checker = makeChecker(blocks.blocks);
  const read = tensorReader(blocks.blocks);
  const rejected: string[] = [];
  let results = 0;
  for (let number = 0; results < of.results; number++) {
    const subject = subjects[number % subjects.length];
    if (subject === undefined) throw new Error('there are subjects');
    const round = Math.floor(number / subjects.length);
    if (subject === 'model rows' && round % of.modelEvery > 0) continue;
    const job = await blocks.make(subject, { seed: of.seed + number, size, checker });
    for (const device of devices) {
      const truth = new StageTruth(job, { read, reference: device });
      const found = await checkAll(job, { device, truth, checker, rowsPerTask: size.rowsPerTask });
      rejected.push(...found.rejected.map((reason) => `${device.name}, ${subject}: ${reason}`));
      results += found.results;
    }
  }
  return { results, rejected };
}

async function checkAll(
  { stage }: TrustJob,
  of: {
    readonly device: HonestDevice;
    readonly truth: StageTruth;
    readonly checker: Checker;
    readonly rowsPerTask: number;
  },
): Promise<HonestRun> {
  const orders: CheckOrder[] = [];
  for (let start = 0; start < stage.rowCount; start += of.rowsPerTask) {
    const rows = { start, end: Math.min(stage.rowCount, start + of.rowsPerTask) };
    const made = await of.truth.madeBy(of.device, rows);
    const output = inlineOutput(made);
    // Of the shape that its brand stands for; nothing is leased here.
    const lease = orders.length as LeaseNumber;
    const mode = { kind: 'recompute', share: 1 } as const;
    const results = [{ lease, output }];
    orders.push({ work: stage.work, rows, results, mode, seed: checkSeed(start) });
  }
  const rejected: string[] = [];
  for (const { verdicts } of await judged(orders, of.checker)) {
    for (const { verdict } of verdicts) {
      if (verdict.kind === 'rejected') rejected.push(verdict.reason);
    }
  }
  return { results: orders.length, rejected };
}

/** Operators of one stage together, models one by one: as the orchestrator does. */
async function judged(orders: readonly CheckOrder[], checker: Checker) {
  if (orders[0]?.work.program.kind === 'graph') return certain(await checker.checkMany(orders));
  const all = [];
  for (const order of orders) all.push(certain(await checker.check(order)));
  return all;
}

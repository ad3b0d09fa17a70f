import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';
import { checkBatch } from '../../../src/orchestrator/checking/check-batch.ts';
import type { LeaseNumber } from '../../../src/scheduler/index.ts';
import type { PlannedStage } from '../../../src/workloads/index.ts';
import { checkSeed } from './check-seed.ts';
import { computeTask } from './honest-devices.ts';
import type { StageStore } from './stage-store.ts';

/** Checks of honest results of all of a stage's tasks. */
export async function honestOrders(
  { work, rowCount }: PlannedStage,
  of: {
    readonly store: StageStore;
    readonly taskRows: number;
    readonly device: Parameters<typeof computeTask>[0];
    readonly share: number;
  },
): Promise<readonly [CheckOrder, ...CheckOrder[]]> {
  const { store, taskRows, device, share } = of;
  const orders: CheckOrder[] = [];
  for (let start = 0; start < rowCount; start += taskRows) {
    const rows = { start, end: start + taskRows };
    const made = await computeTask(device, { work, rows, read: store.read });
    const output = [];
    for (const tensor of made) output.push(await store.put(tensor));
    // Of the shape that its brand stands for; nothing is leased here.
    const results = [{ lease: orders.length as LeaseNumber, output }];
    const mode = { kind: 'recompute', share } as const;
    orders.push({ work, rows, results, mode, seed: checkSeed(start) });
  }
  const [first, ...others] = orders;
  if (first === undefined) throw new Error('a stage has tasks');
  return [first, ...others];
}

/** How many tasks the orchestrator has checked together where more wait. */
export function tasksTogether({ work }: PlannedStage, taskRows: number): number {
  const takes = checkBatch(work);
  const task = { rows: { start: 0, end: taskRows }, results: [null] };
  let count = 0;
  while (takes(task)) count++;
  return count;
}

/** Throws where a result was rejected. */
export function accepted(judged: readonly { readonly accepted: LeaseNumber | null }[]): void {
  if (judged.some((one) => one.accepted === null)) throw new Error('an honest result was rejected');
}

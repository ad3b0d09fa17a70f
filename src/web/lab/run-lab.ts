import { browserLabel, measureCeilingsApart, runTrialApart } from '../../agent/browser/workshop.ts';
import { LAB_TRIAL_MS_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { contendersOf, type LabOrder } from './lab-order.ts';
import { resultOf, type LabResult, type LabRun } from './lab-run.ts';
import { CONTENDER_NAMES, LAB } from './lab-text.ts';
import type { HowApart } from './use-apart.ts';

/** Runs an order, each part of it in a worker of its own; what one contender does not do is a result. */
export async function runLab(
  order: LabOrder,
  { onStep, ...how }: HowApart,
): Promise<Outcome<LabRun>> {
  const { operator, size } = order;
  const contenders = contendersOf(order);
  const isOnGpu = order.backends.includes('webgpu');
  const count = contenders.length + (isOnGpu ? 2 : 1);
  const watching = { ...how, silenceMs: LAB_TRIAL_MS_MAX, onStep: () => {} };
  onStep({ what: LAB.measuring, index: 0, count });
  const ceilings = await measureCeilingsApart('wasm', watching);
  if (isOnGpu) onStep({ what: LAB.measuringGpu, index: 1, count });
  const gpuCeilings = isOnGpu ? await measureCeilingsApart('webgpu', watching) : null;
  const results: LabResult[] = [];
  for (const [index, contender] of contenders.entries()) {
    onStep({ what: CONTENDER_NAMES[contender], index: index + count - contenders.length, count });
    const outcome = await runTrialApart({ operator, size, contender }, watching);
    results.push(resultOf(contender, outcome));
  }
  return succeed({
    operator,
    size,
    label: browserLabel(navigator.userAgent),
    madeAtMs: Date.now(),
    ceilings: ceilings.ok ? ceilings.value : null,
    gpuCeilings: gpuCeilings?.ok ? gpuCeilings.value : null,
    results,
  });
}

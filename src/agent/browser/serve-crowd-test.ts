import type { CrowdTest } from '../../domain/crowd-test.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { CrowdStep } from '../../kernels/index.ts';
import { crowdTestOf } from '../crowd/crowd-test-of.ts';
import { browserFacts } from './browser-facts.ts';
import { browserLaneDevice } from './lane-device.ts';

// What a worker tells the page that had it test this device. Whoever wants it to stop terminates it.
export type FromCrowdTest =
  | { readonly kind: 'step'; readonly step: CrowdStep }
  | { readonly kind: 'done'; readonly outcome: Outcome<CrowdTest> };

/** Tests this device from within a worker. */
export async function serveCrowdTest(post: (message: FromCrowdTest) => void): Promise<void> {
  const outcome = await crowdTestOf(browserLaneDevice(), {
    label: browserFacts().label,
    now: () => Date.now(),
    nowMs: () => performance.now(),
    signal: new AbortController().signal,
    onStep: (step) => post({ kind: 'step', step }),
  });
  post({ kind: 'done', outcome });
}

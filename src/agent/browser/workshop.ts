import type { SpawnWorkshop } from '../../kernels/workshop/run-apart.ts';

// Imported file by file: a page that starts a workshop does not load its kernels.
export { CONTENDERS, type Contender } from '../../kernels/workshop/contender.ts';
export { median } from '../../kernels/workshop/median.ts';
export type { Ceilings } from '../../kernels/workshop/measure-ceilings.ts';
export type {
  Draft,
  DraftFinding,
  SourceMessage,
  VectorFinding,
  WorkshopStep,
} from '../../kernels/workshop/draft.ts';
export type { ModelToTrace, ModelTrace } from '../../kernels/workshop/model-trace.ts';
export { elementWords } from '../../kernels/wrong-elements.ts';
export { isProduct } from '../../kernels/product.ts';
export { trialSizes } from '../../kernels/trial/trial-sizes.ts';
export type { Trial } from '../../kernels/trial/trial.ts';
export type { HeldAgainst, WrongElement } from '../../kernels/wrong-elements.ts';
export { browserLabel } from './browser-facts.ts';
export { measureCeilingsApart, runTrialApart } from '../../kernels/workshop/run-lab-apart.ts';
export { traceModelApart } from '../../kernels/workshop/trace-model-apart.ts';
export { tryDraftApart } from '../../kernels/workshop/try-draft-apart.ts';

/** Starts a workshop in a worker of this tab; it speaks to nobody but this page. */
export const spawnBrowserWorkshop: SpawnWorkshop = ({ told, died }) => {
  const worker = new Worker(new URL('../../../workers/workshop.worker.ts', import.meta.url), {
    type: 'module',
    name: 'manyhands workshop',
  });
  worker.addEventListener('message', (event) => told(event.data));
  worker.addEventListener('messageerror', () => died('its answer could not be read'));
  worker.addEventListener('error', (event) => {
    // Handled here: it is a finding.
    event.preventDefault();
    died(event.message || 'its script did not load');
  });
  return { post: (asked) => worker.postMessage(asked, []), terminate: () => worker.terminate() };
};

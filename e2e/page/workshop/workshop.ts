import {
  runTrialApart,
  spawnBrowserWorkshop,
  traceModelApart,
  tryDraftApart,
} from '../../../src/agent/browser/workshop.ts';
import type { BackendName, OperatorName } from '../../../src/domain/operator.ts';
import type { Draft } from '../../../src/kernels/index.ts';

const how = (silenceMs: number) => ({
  spawn: spawnBrowserWorkshop,
  silenceMs,
  signal: new AbortController().signal,
  onStep: () => undefined,
});

/** What the test calls; bytes come as lists of numbers. */
const workshop = {
  wgsl: (draft: Extract<Draft, { kind: 'wgsl' }>, silenceMs: number) =>
    tryDraftApart(draft, { ...how(silenceMs), isTimed: false }),
  wasm: (module: readonly number[], silenceMs: number) =>
    tryDraftApart(
      { kind: 'wasm', operator: 'relu', module: Uint8Array.from(module) },
      { ...how(silenceMs), isTimed: true },
    ),
  twoThreads: (operator: OperatorName, size: readonly number[]) =>
    runTrialApart({ operator, size, contender: 'wasm-threads' }, how(60_000)),
  trace: (model: readonly number[], backend: BackendName) =>
    traceModelApart({ model: Uint8Array.from(model), backend, dimensions: new Map() }, how(60_000)),
};
export type TestedWorkshop = typeof workshop;

Object.assign(globalThis, { workshop });

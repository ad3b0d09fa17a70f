import type { SimulationOptions } from './simulation-options.ts';
import type { SimulationProgress, SimulationResult } from './simulate.ts';
import type { Timeline } from './timeline.ts';

// What a page and the worker that simulates for it tell each other. Whoever wants it to stop
// terminates the worker.

export type ToSimulator = { readonly kind: 'run'; readonly options: SimulationOptions };

export type FromSimulator =
  | ({ readonly kind: 'progress' } & SimulationProgress)
  | { readonly kind: 'done'; readonly result: SimulationResult; readonly timeline: Timeline };

import { encodeCanonical, type CanonicalValue } from '../integrity/index.ts';
import type { Engine } from './engine.ts';
import type { EntryOutcome } from './entry.ts';
import { functionIdOf } from './function-id.ts';
import { openProcessor } from './processor.ts';

/** An action as its author would write it. */
export type SimulatedAction = { readonly caller: string; readonly action: CanonicalValue };

/** What would come of actions on a function that nobody deployed. */
export type Simulation = {
  /** The id that the function would have. */
  readonly function: string;
  /** Of the deployment, then of each action. */
  readonly outcomes: readonly EntryOutcome[];
  /** All rows at the end. */
  readonly rows: readonly (readonly [string, CanonicalValue])[];
};

/**
 * Deploys a source on an empty log and runs actions on it: the same code as the real log runs.
 *
 * An action that no entry could carry, say one with a fraction, is refused as its entry would be.
 * Entry n is at index n and at `startMs` + n seconds.
 */
export async function simulate(
  engine: Engine,
  of: {
    readonly source: string;
    readonly actions: readonly SimulatedAction[];
    readonly startMs: number;
  },
): Promise<Simulation> {
  const deployment = { engine: engine.id, source: of.source, governance: null };
  const id = functionIdOf(deployment);
  const processor = openProcessor(engine);
  try {
    const bodies = [
      { caller: 'deployer', function: 'deploy', body: deployment },
      ...of.actions.map(({ caller, action }) => ({
        caller,
        function: id,
        body: canonical(action),
      })),
    ];
    const entries = bodies.map((body, index) => ({
      ...body,
      index,
      atMs: of.startMs + index * 1000,
      anchor: String(index),
    }));
    const outcomes = await processor.apply(entries);
    const rows = processor.list({ function: id, prefix: '', limit: Infinity });
    return { function: id, outcomes, rows };
  } finally {
    processor.dispose();
  }
}

/** The action, where it has canonical bytes. */
function canonical(action: CanonicalValue): CanonicalValue | undefined {
  try {
    encodeCanonical(action);
    return action;
  } catch {
    return undefined;
  }
}

import type { BackendName } from '../../domain/operator.ts';
import type { DType, Shape } from '../../domain/tensor.ts';
import type { TracedNode } from './profile-events.ts';

/** A model to trace on the machine it is on. */
export type ModelToTrace = {
  readonly model: Uint8Array;
  readonly backend: BackendName;
  /** Sizes of the dimensions that the model leaves open, by name; 1 for those not named here. */
  readonly dimensions: ReadonlyMap<string, number>;
};

/** What a model's run takes, and which of its nodes take it. */
export type ModelTrace = {
  readonly backend: BackendName;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: Shape;
  }[];
  /** The dimensions that the model leaves open, and the sizes that they had. */
  readonly dimensions: ReadonlyMap<string, number>;
  readonly loadMs: number;
  /** Runs without a profile: what the model takes. Milliseconds. */
  readonly runsMs: readonly number[];
  /** Runs with one, and the nodes of each together: what they are apart is the trace's error. */
  readonly profiledMs: readonly number[];
  readonly nodesMs: readonly number[];
  /** The longest first. */
  readonly nodes: readonly TracedNode[];
};

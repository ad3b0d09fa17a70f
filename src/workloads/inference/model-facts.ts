import type { StageOutput } from '../../domain/work.ts';
import type { ModelTensor } from '../../kernels/index.ts';

/** What is known of a model once some rows of its job ran through it: plain data. */
export type ModelFacts = {
  readonly inputs: readonly ModelTensor[];
  /** The outputs wanted, by the shape that one row of each has. */
  readonly rowOutputs: readonly StageOutput[];
  /** Measured on the machine that probed. */
  readonly msPerRow: number;
};

import type { DType } from '../domain/tensor.ts';
import type {
  NamedTensor,
  Program,
  Requirement,
  RowCut,
  StageInput,
  StageOutput,
} from '../domain/work.ts';

/**
 * How a job is cut: plain data, stored when it is accepted and read again after a crash.
 *
 * A stage's inputs are named only, because those that earlier stages make have no bytes yet.
 */
export type JobPlan = {
  readonly stageCount: number;
  readonly stages: readonly StageOutline[];
  /** What the producer gave. */
  readonly inputs: readonly NamedTensor[];
  /** Tensors that the producer gets, in that order; each is the output of some stage. */
  readonly outputs: readonly string[];
};

export type StageOutline = {
  readonly program: Program;
  readonly inputs: readonly { readonly name: string; readonly cut: StageInput['cut'] }[];
  readonly outputs: readonly StageOutput[];
  readonly requirement: Requirement;
  readonly rowCount: number;
  readonly cut: RowCut;
  /** Estimate for one row on one lane of a modest device. */
  readonly msPerRow: number;
};

/** The type and shape of a tensor, without where it is. */
export type TensorType = { readonly dtype: DType; readonly shape: readonly number[] };

import type { ContentId, JobId, LeaseId, TaskId } from './ids.ts';
import type { OperatorNode, PrimitiveName } from './operator.ts';
import type { DType, RowRange, Shape, TensorRef } from './tensor.ts';

/** A tensor by name, as a model or graph knows it. */
export type NamedTensor = { readonly name: string; readonly tensor: TensorRef };

/** A blob by content id and size. */
export type BlobRef = { readonly blob: ContentId<'blob'>; readonly byteLength: number };

/**
 * What all tasks of one stage share: the whole of the stage, of which a task does some rows.
 *
 * A job is a list of stages, each begun when the one before is assembled. Inference is one stage;
 * an operator graph has as many as it has row-mixing operators (transpose, reduce over axis 0).
 */
export type StageWork = {
  readonly program: Program;
  readonly inputs: readonly StageInput[];
  readonly outputs: readonly StageOutput[];
};

/** An input cut by rows gives each task its rows; a whole input goes to every task as it is. */
export type StageInput = NamedTensor & { readonly cut: 'rows' | 'whole' };

/** One row of output for each row of the stage: the assembled tensor is [rows, ...rowShape]. */
export type StageOutput = {
  readonly name: string;
  readonly dtype: DType;
  readonly rowShape: Shape;
};

export type Program =
  | {
      readonly kind: 'model';
      readonly model: BlobRef;
      /** Rows the model takes at once: its fixed batch size, or null where any number will do. */
      readonly fixedBatch: number | null;
      /**
       * Input types that the model wants, where they differ from the data's: the agent casts
       * each element (uint8 0..255 -> float32 0..255, no scaling).
       */
      readonly inputTypes: Readonly<Record<string, DType>>;
    }
  | { readonly kind: 'graph'; readonly nodes: readonly OperatorNode[] }
  /** As `AuditSpec` says. */
  | { readonly kind: 'audit' };

/** What an agent must have to run tasks of a stage. */
export type Requirement = {
  readonly primitives: readonly PrimitiveName[];
  /** Peak memory of the smallest task: model, inputs and outputs. */
  readonly memoryBytes: number;
  /** Peak memory that each further row takes. */
  readonly rowBytes: number;
};

/** How a stage's rows are cut into tasks. */
export type RowCut =
  /** As the producer wants it. */
  | { readonly kind: 'fixed'; readonly rowsPerTask: number }
  /** To the speed of each device: multiples of `grainRows`, and at most `rowsMax`. */
  | { readonly kind: 'fitted'; readonly grainRows: number; readonly rowsMax: number };

/** One task as an agent gets it, with the lease under which it may report. */
export type LeasedTask = {
  readonly lease: LeaseId;
  readonly task: TaskId;
  readonly job: JobId;
  readonly jobName: string;
  readonly work: StageWork;
  readonly rows: RowRange;
  /** Duration from receipt, not an instant: agents' clocks are not trusted. */
  readonly leaseMs: number;
};

/** What one task puts out: one tensor for each StageOutput, in that order. */
export type TaskOutput = readonly TensorRef[];

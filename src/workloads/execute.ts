import { assert, assertNever } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { OperatorName } from '../domain/operator.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import type { RowRange, Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import type { Kernels, ModelSession } from '../kernels/index.ts';
import { executeAudit } from './audit/execute-audit.ts';
import { executeModel } from './inference/execute-model.ts';
import { executeGraph } from './operators/execute-graph.ts';
import type { RowBuffers } from './row-buffers.ts';

/** One task with all that it needs here. */
export type TaskRun = {
  readonly work: StageWork;
  readonly rows: RowRange;
  /** What `taskInputs` names, read. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly kernelsFor: (operator: OperatorName) => Kernels;
  /** The stage's model, loaded; null for operators. */
  readonly session: ModelSession | null;
  /** For what lies between operators; given where they are kept from task to task. */
  readonly buffers?: RowBuffers | undefined;
  /**
   * Told after each part how many of the task's rows are done; awaited, so that a worker can let
   * messages in, and with them an abort.
   */
  readonly onRowsDone?: ((rowsDone: number) => void | Promise<void>) | undefined;
  readonly signal?: AbortLike | undefined;
};

/** An AbortSignal, as far as it is read here. */
export type AbortLike = { readonly aborted: boolean };

/**
 * Computes a task: one tensor for each output of the stage, in that order.
 *
 * An orchestrator controls `work` and `rows`, a producer the values: whatever they say ends in a
 * failure at worst.
 * Errors: canceled, shape_mismatch, input_invalid, and those of kernels and models.
 */
export async function executeTask(run: TaskRun): Promise<Outcome<readonly Tensor[]>> {
  const { program } = run.work;
  const missing = run.work.inputs.find(({ name }) => !run.inputs.has(name));
  if (missing) {
    return fail(failure('input_invalid', `input "${missing.name}" of the task was not read`));
  }
  switch (program.kind) {
    case 'model':
      assert(run.session !== null, 'a model stage runs with its model loaded');
      return executeModel({ ...run, program, session: run.session });
    case 'audit':
      return executeAudit(run);
    case 'graph':
      return executeGraph({ ...run, program });
    default:
      return assertNever(program);
  }
}

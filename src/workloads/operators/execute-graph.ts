import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Program } from '../../domain/work.ts';
import type { TaskRun } from '../execute.ts';
import { openOutputs } from '../output-rows.ts';
import { RowBuffers } from '../row-buffers.ts';
import { computeRows } from './graph-rows.ts';

/** Rows that one pass through the graph computes: bounds what lies between its nodes. Count. */
export const PASS_ROWS_MAX = 256;

/**
 * Runs a stage of operators over a task's rows, some hundred at a time.
 *
 * Errors: canceled, input_invalid, shape_mismatch, out_of_memory, and those of the kernels.
 */
export async function executeGraph(
  run: TaskRun & { readonly program: Extract<Program, { kind: 'graph' }> },
): Promise<Outcome<readonly Tensor[]>> {
  const { work, program, rows } = run;
  const outputs = openOutputs(work.outputs, rows.end - rows.start);
  if (!outputs.ok) return outputs;
  const inputs = { work, first: rows.start, tensors: run.inputs };
  const buffers = run.buffers ?? new RowBuffers();
  for (let start = rows.start; start < rows.end; start += PASS_ROWS_MAX) {
    const end = Math.min(start + PASS_ROWS_MAX, rows.end);
    const at = { start: start - rows.start, count: end - start };
    const made = await computeRows({
      inputs,
      nodes: program.nodes,
      rows: { start, end },
      compute: async (call, node) => {
        if (run.signal?.aborted === true) return fail(failure('canceled', 'the task was stopped'));
        // What is put out is computed where it goes out from.
        const output = outputs.value.find((one) => one.output.name === node.output);
        const into = output?.room(at) ?? buffers.of(node.output);
        return run.kernelsFor(call.operator).run(call, into);
      },
    });
    if (!made.ok) return made;
    for (const output of outputs.value) {
      const { name, rowShape } = output.output;
      const tensor = made.value.get(name);
      if (!tensor) return fail(failure('input_invalid', `no node makes the output "${name}"`));
      const shape = [end - start, ...rowShape];
      const put = output.put(tensor, { ...at, shape });
      if (!put.ok) return put;
    }
    await run.onRowsDone?.(end - rows.start);
  }
  return succeed(outputs.value.map((output) => output.tensor()));
}

import { succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes, tensorBytes, type RowRange } from '../../domain/tensor.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { CheckName } from '../../validation/index.ts';
import { readInputs } from '../read-inputs.ts';
import { CheckedResult, ROWS_JUDGED_AT_ONCE, type GraphChecking } from './checked-result.ts';
import { rowParts } from './row-parts.ts';

/** What was found of one result: what is wrong with it, or which checks it passed. */
export type GraphFinding = { readonly wrong: string | null; readonly checks: readonly CheckName[] };

/**
 * Checks results of a stage of operators node by node, in order.
 *
 * A node's operands are the stage's inputs, reported tensors that passed, or what was recomputed
 * here: so each reported tensor is checked against what it was made from, and errors do not pile up.
 * Products that were reported are probed, and rows under suspicion recomputed; all other nodes are
 * recomputed by their references. Only a recomputed element makes a result wrong.
 *
 * Limits: some CHECKED_BYTES of rows are in memory at a time, beside inputs that go whole.
 * Errors: what hinders the check; it says nothing of any result.
 */
export async function checkGraph(
  of: GraphChecking & {
    /** Those of the task's rows that are checked, ascending. */
    readonly drawn: readonly RowRange[];
    /** Of the right structure. */
    readonly outputs: readonly TaskOutput[];
  },
): Promise<Outcome<readonly GraphFinding[]>> {
  const results = of.outputs.map((output) => new CheckedResult(of, output));
  for (const rows of of.drawn.flatMap((range) => rowParts(range, rowsInMemory(of)))) {
    if (results.every(({ wrong }) => wrong !== null)) break;
    const inputs = await readInputs({ ...of, rows });
    if (!inputs.ok) return inputs;
    for (const result of results) {
      const done = await result.check(
        { work: of.work, first: rows.start, tensors: inputs.value },
        rows,
      );
      if (!done.ok) return done;
    }
  }
  for (const result of results) {
    const done = await result.confirm();
    if (!done.ok) return done;
  }
  return succeed(results.map(({ wrong, checks }) => ({ wrong, checks: [...checks] })));
}

/** Rows of a task, in and out, that are in memory at once. Bytes. */
const CHECKED_BYTES = 2048 * 1024;
function rowsInMemory({ work }: GraphChecking): number {
  let bytesPerRow = 1;
  for (const { tensor, cut } of work.inputs) if (cut === 'rows') bytesPerRow += rowBytes(tensor);
  for (const { dtype, rowShape } of work.outputs) {
    bytesPerRow += tensorBytes({ dtype, shape: rowShape });
  }
  const parts = Math.floor(CHECKED_BYTES / bytesPerRow / ROWS_JUDGED_AT_ONCE);
  return Math.max(1, parts) * ROWS_JUDGED_AT_ONCE;
}

import { assert } from '../../domain/assert.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RowRange, Tensor } from '../../domain/tensor.ts';
import type { Program, StageWork } from '../../domain/work.ts';
import { largestError, runReference, toleranceOf, type Tolerance } from '../../kernels/index.ts';
import { computeRows } from './graph-rows.ts';

/** What some rows of an output must be, and how far an honest result may lie from it. */
export type ExpectedRows = { readonly tensor: Tensor; readonly tolerance: Tolerance };

/**
 * Computes some rows of a stage by the operators' references, and with each tensor the error that
 * honest kernels may have made by then: it grows from node to node.
 *
 * Where a graph magnifies rounding without bound (a quotient or logarithm of what may be zero),
 * the tolerance is infinite: no result could be told from an honest one there.
 * Errors: those of `computeRows` and the references.
 */
export async function recomputeGraph(of: {
  readonly work: StageWork;
  readonly program: Extract<Program, { kind: 'graph' }>;
  readonly rows: RowRange;
  /** Row-cut inputs hold these rows alone. */
  readonly inputs: ReadonlyMap<string, Tensor>;
}): Promise<Outcome<readonly ExpectedRows[]>> {
  const tolerances = new Map<string, Tolerance>();
  const errors = new Map<string, number>();
  const made = await computeRows({
    inputs: { work: of.work, first: of.rows.start, tensors: of.inputs },
    nodes: of.program.nodes,
    rows: of.rows,
    compute: async (call, node) => {
      const result = runReference(call);
      if (!result.ok) return result;
      const inputErrors = node.inputs.map((name) => errors.get(name) ?? 0);
      const tolerance = toleranceOf(call, inputErrors);
      tolerances.set(node.output, tolerance);
      errors.set(node.output, largestError(tolerance, result.value));
      return result;
    },
  });
  if (!made.ok) return made;
  const expected = of.work.outputs.map(({ name }): ExpectedRows => {
    const tensor = made.value.get(name);
    const tolerance = tolerances.get(name);
    assert(tensor !== undefined && tolerance !== undefined, `a planned stage makes "${name}"`);
    return { tensor, tolerance };
  });
  return succeed(expected);
}

import { assert } from '../../domain/assert.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RowRange, Tensor } from '../../domain/tensor.ts';
import type { Program, StageWork } from '../../domain/work.ts';
import {
  largestError,
  runReference,
  toleranceOf,
  UNBOUNDED,
  type Tolerance,
} from '../../kernels/index.ts';
import { computeRows } from './graph-rows.ts';

/** What some rows of an output must be, and how far an honest result may lie from it. */
export type ExpectedRows = { readonly tensor: Tensor; readonly tolerance: Tolerance };

/**
 * Computes some rows of a stage by the operators' references, and with each tensor the error that
 * honest kernels may have made by then: it grows from node to node.
 *
 * Where sums may pass the largest f32 on one device and not on another, the tolerance is without
 * bound from there on: no result could be told from an honest one.
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
      const bounded = inputErrors.every((error) => error < Infinity);
      const tolerance = bounded ? toleranceOf(call, inputErrors) : UNBOUNDED;
      const error = tolerance.overflows ? Infinity : largestError(tolerance, result.value);
      tolerances.set(node.output, tolerance);
      errors.set(node.output, error);
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

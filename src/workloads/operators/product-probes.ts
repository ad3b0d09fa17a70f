import { assert } from '../../domain/assert.ts';
import { PROJECTED_COLUMNS_MAX } from '../../domain/limits.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  EXACT,
  largestRowNorms,
  productTolerance,
  type OperatorCall,
  type Tolerance,
} from '../../kernels/index.ts';
import {
  EXACT_INNER_MAX,
  exactProbe,
  floatProbe,
  productResiduals,
  wrongProductRows,
  type CheckName,
  type FloatProbe,
  type Projector,
} from '../../validation/index.ts';

/** Inner dimensions of products that are cheaper to project than to recompute. */
export const PROJECTED_INNER_MIN = 64;
/** The same of their columns. */
const PROJECTED_OUTER_MIN = 8;
/** The same of their rows, of all tasks that are checked together. */
export const PROJECTED_ROWS_MIN = 8;

/** How products with one right matrix are checked. */
export type ProductProbe = {
  readonly checks: readonly CheckName[];
  /**
   * For each row of a claimed product how suspicious it is: above 1, it must be recomputed.
   * `leftError`: of the call's first operand.
   */
  residuals(
    call: OperatorCall,
    of: { readonly claimed: Tensor; readonly leftError: number },
  ): Float64Array;
  /** How far an element of a product of one row may lie from the reference. */
  tolerance(row: OperatorCall, leftError: number): Tolerance;
};

/** The probes of a stage's products: drawn once for all tasks that are checked together. */
export class ProductProbes {
  readonly #projector: Projector;
  readonly #random: RandomStream;
  readonly #probes = new Map<string, ProductProbe | null>();

  /** `random` must be seeded after all results that are checked were reported. */
  constructor(of: { readonly projector: Projector; readonly random: RandomStream }) {
    this.#projector = of.projector;
    this.#random = of.random;
  }

  /**
   * Null where the node is no product, or one that is to be recomputed: small, too wide, not finite.
   *
   * A node's right operand is the same for all rows of its stage.
   */
  of(node: OperatorNode, call: OperatorCall): ProductProbe | null {
    const known = this.#probes.get(node.output);
    if (known !== undefined) return known;
    const probe = this.#drawn(call);
    this.#probes.set(node.output, probe);
    return probe;
  }

  #drawn({ operator, inputs }: OperatorCall): ProductProbe | null {
    const right = inputs[1];
    if ((operator !== 'matmul' && operator !== 'qmatmul') || right === undefined) return null;
    const [inner = 0, columns = 0] = right.shape;
    if (inner < PROJECTED_INNER_MIN || columns < PROJECTED_OUTER_MIN) return null;
    if (Math.max(inner, columns) > PROJECTED_COLUMNS_MAX) return null;
    const projector = this.#projector;
    const by = { random: this.#random, projector };
    if (operator === 'qmatmul') {
      return inner > EXACT_INNER_MAX ? null : exact({ projector, probe: exactProbe(right, by) });
    }
    const probe = floatProbe(right, by);
    return probe === null ? null : float({ projector, probe, inner });
  }
}

function exact(of: {
  readonly projector: Projector;
  readonly probe: ReturnType<typeof exactProbe>;
}): ProductProbe {
  return {
    checks: ['finite-and-range', 'freivalds-exact'],
    residuals: (call, { claimed }) => {
      const residuals = new Float64Array(claimed.shape[0] ?? 0);
      const wrong = wrongProductRows({ ...of, left: leftOf(call), claimed });
      for (const row of wrong) residuals[row] = Infinity;
      return residuals;
    },
    tolerance: () => EXACT,
  };
}

function float(of: {
  readonly projector: Projector;
  readonly probe: FloatProbe;
  readonly inner: number;
}): ProductProbe {
  const { inner, probe } = of;
  return {
    checks: ['freivalds-float'],
    residuals: (call, { claimed, leftError }) => {
      const errors = { leftError, rightError: 0 };
      return productResiduals({
        ...of,
        left: leftOf(call),
        claimed,
        allowed: (row, column) => {
          const { absolute, relative } = productTolerance({ inner, row, column, ...errors });
          // No element is larger than the product of its row's and its column's norms.
          return absolute + relative * row.euclidean * column.euclidean;
        },
      });
    },
    tolerance: (row, leftError) => {
      return productTolerance({
        inner,
        row: largestRowNorms(leftOf(row)),
        column: probe.norms,
        leftError,
        rightError: 0,
      });
    },
  };
}

function leftOf({ inputs }: OperatorCall): Tensor {
  const [left] = inputs;
  assert(left !== undefined, 'a product has two operands');
  return left;
}

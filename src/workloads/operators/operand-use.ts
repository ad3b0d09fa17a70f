import { assert } from '../../domain/assert.ts';
import type { OperatorNode } from '../../domain/operator.ts';
import type { Shape } from '../../domain/tensor.ts';
import { definitionOf, isDefined } from '../../kernels/index.ts';

/**
 * Which part of an operand some rows of a node's output need.
 *
 * - rows: the same rows of it.
 * - whole: all of it.
 * - columns: those columns of all its rows, because the node turns columns into rows.
 */
export type OperandUse = 'rows' | 'whole' | 'columns';

/** How a node uses its operand at a position; `shapes` are those of its operands, uncut. */
export function operandUse(
  node: OperatorNode,
  { position, shapes }: { position: number; shapes: readonly Shape[] },
): OperandUse {
  if (isDefined(node.operator)) {
    return definitionOf(node.operator).rowInputs.includes(position) ? 'rows' : 'whole';
  }
  const [left, right] = shapes;
  assert(left !== undefined, 'a node has operands');
  switch (node.operator) {
    case 'transpose':
      return 'columns';
    case 'reduce-sum':
    case 'reduce-mean':
    case 'reduce-max':
      return node.axis === 0 ? 'whole' : 'rows';
    case 'matmul':
    case 'qmatmul':
      return position === 0 ? 'rows' : 'whole';
    default: {
      if (position === 0) return 'rows';
      // Of one shape with the first, or repeated for each of its rows.
      const same = right?.length === left.length && right[0] === left[0];
      return same ? 'rows' : 'whole';
    }
  }
}

/**
 * Whether a node can turn a rounding error in its operands into an error without a useful bound:
 * next to zero a logarithm or quotient may become anything, and exp grows by its own size.
 *
 * Such a node must get operands that all sides agree on to the last bit, or its results could not
 * be checked.
 */
export function magnifiesErrors({ operator }: OperatorNode): boolean {
  if (isDefined(operator)) return definitionOf(operator).magnifiesErrors;
  return operator === 'log' || operator === 'div' || operator === 'exp';
}

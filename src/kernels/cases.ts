import { assertNever } from '../domain/assert.ts';
import type { OperatorName } from '../domain/operator.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { elementWiseCases } from './element-wise/element-wise-cases.ts';
import { isElementWise } from './element-wise/element-wise.ts';
import { matmulCases } from './matmul/matmul-cases.ts';
import type { OperatorCase } from './operator-case.ts';
import { qmatmulCases } from './qmatmul/qmatmul-cases.ts';
import { reduceCases } from './reduce/reduce-cases.ts';
import { isReduction } from './reduce/reduce.ts';
import { transposeCases } from './transpose/transpose-cases.ts';
import { unaryCases } from './unary/unary-cases.ts';
import { isUnary } from './unary/unary.ts';

/** The published test vectors of an operator; the same on every machine. */
export function casesOf(operator: OperatorName): readonly OperatorCase[] {
  if (isDefined(operator)) return definitionOf(operator).cases();
  if (isElementWise(operator)) return elementWiseCases(operator);
  if (isReduction(operator)) return reduceCases(operator);
  if (isUnary(operator)) return unaryCases(operator);
  switch (operator) {
    case 'matmul':
      return matmulCases();
    case 'qmatmul':
      return qmatmulCases();
    case 'transpose':
      return transposeCases();
    default:
      return assertNever(operator);
  }
}

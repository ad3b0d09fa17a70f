import { assertNever } from '../domain/assert.ts';
import { GPU_SUBMISSION_PRODUCTS_MAX } from '../domain/limits.ts';
import { elementCount } from '../domain/tensor.ts';
import { ELEMENT_WISE, isElementWise } from './element-wise/element-wise.ts';
import { definitionOf, isDefined } from './definitions.ts';
import type { OperatorSignature } from './operator-output.ts';
import { aroundAxis, isReduction, REDUCTIONS } from './reduce/reduce.ts';
import { isUnary, UNARY } from './unary/unary.ts';
import {
  flatSteps,
  rowSteps,
  WORKGROUPS_MAX,
  type WebGpuPlan,
  type WebGpuStep,
} from './webgpu-steps.ts';

const TILE = 64;
const REDUCE_WORKGROUP = 64;

/** Plans a call with a result that is not empty. */
export function planOf(call: OperatorSignature, has: { packedDot: boolean }): WebGpuPlan {
  const { operator } = call;
  if (isDefined(operator)) {
    return definitionOf(operator).webgpu(call.inputs.map(({ shape }) => shape));
  }
  const left = call.inputs[0]?.shape ?? [];
  const right = call.inputs[1]?.shape ?? [];
  const count = elementCount(left);
  if (isElementWise(operator)) {
    const before = [ELEMENT_WISE.indexOf(operator), count, elementCount(right)];
    return { shader: 'elementWise', entryPoint: 'main', steps: flatSteps(count, { before }) };
  }
  if (isUnary(operator)) {
    const before = [UNARY.indexOf(operator), count];
    return { shader: 'unary', entryPoint: 'main', steps: flatSteps(count, { before }) };
  }
  if (isReduction(operator)) return reductionPlan(call);
  const [m = 0, k = 0] = left;
  switch (operator) {
    case 'transpose': {
      const steps = flatSteps(count, { before: [m, k] });
      return { shader: 'transpose', entryPoint: 'main', steps };
    }
    case 'matmul':
    case 'qmatmul': {
      const integer = has.packedDot ? 'qmatmulPacked' : 'qmatmulPlain';
      const shader = operator === 'matmul' ? 'matmul' : integer;
      const steps = productSteps({ m, k, n: right[1] ?? 0 });
      return { shader, entryPoint: 'main', steps };
    }
    default:
      return assertNever(operator);
  }
}

function reductionPlan(call: OperatorSignature): WebGpuPlan {
  const { outer, count, inner } = aroundAxis(call.inputs[0]?.shape ?? [], call.axis ?? 0);
  const operation = REDUCTIONS.findIndex((name) => name === call.operator);
  const sizes = [operation, outer, count, inner];
  if (inner > 1 || count < REDUCE_WORKGROUP) {
    const steps = flatSteps(outer * inner, { before: sizes, workgroup: REDUCE_WORKGROUP });
    return { shader: 'reduce', entryPoint: 'columns', steps };
  }
  return { shader: 'reduce', entryPoint: 'rows', steps: rowSteps(outer, sizes) };
}

function productSteps({ m, k, n }: { m: number; k: number; n: number }): readonly WebGpuStep[] {
  const down = Math.ceil(m / TILE);
  const across = Math.ceil(n / TILE);
  const tilesMax = Math.max(
    1,
    Math.floor(GPU_SUBMISSION_PRODUCTS_MAX / (TILE * TILE * Math.max(k, 1))),
  );
  const width = Math.min(across, tilesMax, WORKGROUPS_MAX);
  const height = Math.min(down, Math.max(1, Math.floor(tilesMax / width)), WORKGROUPS_MAX);
  const steps: WebGpuStep[] = [];
  for (let row = 0; row < down; row += height) {
    for (let column = 0; column < across; column += width) {
      const workgroups = [Math.min(width, across - column), Math.min(height, down - row)] as const;
      steps.push({ sizes: [m, k, n, row, column], workgroups });
    }
  }
  return steps;
}

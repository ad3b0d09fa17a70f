import { assertNever } from '../domain/assert.ts';
import { elementCount } from '../domain/tensor.ts';
import { ELEMENT_WISE, isElementWise } from './element-wise/element-wise.ts';
import { definitionOf, isDefined } from './definitions.ts';
import type { OperatorSignature } from './operator-output.ts';
import { aroundAxis, isReduction, REDUCTIONS } from './reduce/reduce.ts';
import { productPlan, productShaders } from './product-plan.ts';
import { isUnary, UNARY } from './unary/unary.ts';
import { flatSteps, rowSteps, type GpuFeatures, type WebGpuPlan } from './webgpu-steps.ts';

const REDUCE_WORKGROUP = 64;

/** Plans a call with a result that is not empty. */
export function planOf(call: OperatorSignature, has: GpuFeatures): WebGpuPlan {
  const { operator } = call;
  if (isDefined(operator)) {
    const shapes = call.inputs.map(({ shape }) => shape);
    return definitionOf(operator).webgpu(shapes, has);
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
  const n = right[1] ?? 0;
  switch (operator) {
    case 'transpose': {
      const steps = flatSteps(count, { before: [m, k] });
      return { shader: 'transpose', entryPoint: 'main', steps };
    }
    case 'matmul':
    case 'qmatmul': {
      const choice = has.products?.[operator] ?? null;
      return productPlan({ m, k, n }, { ...productShaders(operator, has), choice });
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

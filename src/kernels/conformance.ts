import { assert } from '../domain/assert.ts';
import type { ConformanceReport } from '../domain/capability.ts';
import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import { casesOf } from './cases.ts';
import { compareTensors } from './compare-tensors.ts';
import type { Kernels } from './kernels.ts';
import type { OperatorCase } from './operator-case.ts';
import { runReference } from './reference.ts';
import { toleranceOf } from './tolerance.ts';

/**
 * Runs every operator's published vectors on a backend: one report an operator, in the set's order.
 *
 * A report that did not pass says which vector failed and how; nothing else is wrong then.
 */
export async function runConformance(kernels: Kernels): Promise<ConformanceReport[]> {
  // All at once: a GPU then compiles its pipelines side by side.
  const operators = OPERATORS.filter((operator) => kernels.operators.has(operator));
  return Promise.all(
    operators.map(async (operator) => {
      const { backend } = kernels;
      return { primitive: operator, backend, ...(await tried(kernels, operator)) };
    }),
  );
}

async function tried(
  kernels: Kernels,
  operator: OperatorName,
): Promise<{ passed: boolean; detail: string }> {
  const cases = casesOf(operator);
  let worst = 0;
  for (const one of cases) {
    const found = await judged(kernels, one);
    if (typeof found === 'string') return { passed: false, detail: `${one.name}: ${found}` };
    worst = Math.max(worst, found);
  }
  const share = `largest error ${worst.toFixed(3)} of tolerance`;
  return { passed: true, detail: `${cases.length} vectors, ${share}` };
}

/** The error over the tolerance, or what is wrong. */
async function judged(kernels: Kernels, { call }: OperatorCase): Promise<number | string> {
  const expected = runReference(call);
  assert(expected.ok, 'published vectors are valid calls');
  const actual = await kernels.run(call);
  if (!actual.ok) return `${actual.failure.code}: ${actual.failure.message}`;
  const { dtype, shape } = actual.value;
  const wanted = expected.value;
  if (dtype !== wanted.dtype || shape.join() !== wanted.shape.join()) {
    return `${dtype} [${shape.join()}] instead of ${wanted.dtype} [${wanted.shape.join()}]`;
  }
  const tolerance = toleranceOf(call);
  const compared = compareTensors({ expected: wanted, actual: actual.value, tolerance });
  if (compared.kind === 'equal') return compared.worst;
  const { index, allowed } = compared;
  return `element ${index} is ${compared.actual}, not ${compared.expected} +- ${allowed}`;
}

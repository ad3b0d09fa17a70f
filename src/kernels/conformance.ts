import { assert } from '../domain/assert.ts';
import type { ConformanceReport } from '../domain/capability.ts';
import type { FailureCode } from '../domain/failure.ts';
import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import { casesOf } from './cases.ts';
import { compareTensors } from './compare-tensors.ts';
import type { Kernels } from './kernels.ts';
import type { OperatorCase } from './operator-case.ts';
import { runReference } from './reference.ts';
import { toleranceOf } from './tolerance.ts';

/**
 * Runs operators' published vectors on a backend: one report an operator, in the set's order.
 *
 * A report that did not pass says which vector failed and how; nothing else is wrong then.
 */
export async function runConformance(
  kernels: Kernels,
  wanted: readonly OperatorName[] = OPERATORS,
): Promise<ConformanceReport[]> {
  // All at once: a GPU then compiles its pipelines side by side.
  const operators = wanted.filter((operator) => kernels.operators.has(operator));
  return Promise.all(
    operators.map(async (operator) => {
      const { backend } = kernels;
      return { primitive: operator, backend, ...(await tried(kernels, operator)) };
    }),
  );
}

/** What one published vector says of a backend. */
export type SpotVerdict =
  | { readonly kind: 'passed' }
  /** It could not be tried: the device was lost, or is full. */
  | { readonly kind: 'untried' }
  | { readonly kind: 'failed'; readonly report: ConformanceReport };

/** Says nothing of whether the backend computes rightly. */
const INCONCLUSIVE: ReadonlySet<FailureCode> = new Set(['device_lost', 'out_of_memory']);

/** Tries a backend again on one of an operator's published vectors; each turn takes the next. */
export async function tryVector(
  kernels: Kernels,
  of: { readonly operator: OperatorName; readonly turn: number },
): Promise<SpotVerdict> {
  const { operator, turn } = of;
  const cases = casesKept(operator);
  const vector = cases[turn % cases.length];
  assert(vector !== undefined, 'every operator has vectors');
  const found = await judged(kernels, vector);
  if (typeof found === 'number') return { kind: 'passed' };
  if (found.code !== null && INCONCLUSIVE.has(found.code)) return { kind: 'untried' };
  const { backend } = kernels;
  const detail = `${vector.name}: ${found.what}`;
  return { kind: 'failed', report: { primitive: operator, backend, passed: false, detail } };
}

const kept = new Map<OperatorName, readonly OperatorCase[]>();

/** Those that compute something; made from seeds, which costs more than to compute one. */
function casesKept(operator: OperatorName): readonly OperatorCase[] {
  const known = kept.get(operator) ?? casesOf(operator).filter(hasNumbers);
  kept.set(operator, known);
  return known;
}

function hasNumbers({ call }: OperatorCase): boolean {
  return call.inputs.every(({ bytes }) => bytes.byteLength > 0);
}

async function tried(
  kernels: Kernels,
  operator: OperatorName,
): Promise<{ passed: boolean; detail: string }> {
  const cases = casesOf(operator);
  let worst = 0;
  for (const one of cases) {
    const found = await judged(kernels, one);
    if (typeof found !== 'number') return { passed: false, detail: `${one.name}: ${found.what}` };
    worst = Math.max(worst, found);
  }
  const share = `largest error ${worst.toFixed(3)} of tolerance`;
  return { passed: true, detail: `${cases.length} vectors, ${share}` };
}

/** `code`: of the failure, where the backend gave no result. */
type Wrong = { readonly what: string; readonly code: FailureCode | null };

/** The error over the tolerance, or what is wrong. */
async function judged(kernels: Kernels, { call }: OperatorCase): Promise<number | Wrong> {
  const expected = runReference(call);
  assert(expected.ok, 'published vectors are valid calls');
  const actual = await kernels.run(call);
  if (!actual.ok) {
    const { code, message } = actual.failure;
    return { what: `${code}: ${message}`, code };
  }
  const { dtype, shape } = actual.value;
  const wanted = expected.value;
  if (dtype !== wanted.dtype || shape.join() !== wanted.shape.join()) {
    const what = `${dtype} [${shape.join()}] instead of ${wanted.dtype} [${wanted.shape.join()}]`;
    return { what, code: null };
  }
  const tolerance = toleranceOf(call);
  const compared = compareTensors({ expected: wanted, actual: actual.value, tolerance });
  if (compared.kind === 'equal') return compared.worst;
  const { index, allowed } = compared;
  const what = `element ${index} is ${compared.actual}, not ${compared.expected} +- ${allowed}`;
  return { what, code: null };
}

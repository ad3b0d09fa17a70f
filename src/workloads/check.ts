import { assert } from '../domain/assert.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { RandomStream } from '../domain/random.ts';
import type { RowRange, Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import type { Kernels, ModelSession } from '../kernels/index.ts';
import {
  AGREEMENT_TOLERANCE,
  checkStructure,
  drawRows,
  firstOutside,
  MODEL_TOLERANCE,
  rangeOf,
  type CheckName,
  type Projector,
} from '../validation/index.ts';
import type { AbortLike } from './execute.ts';
import {
  judgementOf,
  structureFinding,
  type Finding,
  type Judgement,
  type ReportedOutput,
} from './finding.ts';
import { judgeModels } from './judge-models.ts';
import { checkGraph } from './operators/check-graph.ts';
import { PROJECTED_ROWS_MIN, ProductProbes } from './operators/product-probes.ts';
import { readResult } from './read-result.ts';
import { firstDifferentRow } from './row-difference.ts';
import { RowBuffers } from './row-buffers.ts';
import type { TensorReader } from './row-slice.ts';

/** A task whose results are to be checked. */
export type CheckedTask<Lease> = {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly results: readonly ReportedOutput<Lease>[];
  /** Reads inputs and results alike; only the slices that a check needs. */
  readonly read: TensorReader;
  /** The stage's model, loaded here; null for operators. */
  readonly session: ModelSession | null;
  /** Of rows and factors; must be seeded after the results were reported. */
  readonly random: RandomStream;
  readonly projector: Projector;
  /** Our own, for operators. */
  readonly kernels: Kernels;
  readonly signal?: AbortLike | undefined;
};

/**
 * Checks rows drawn at random, all of them with a share of 1, and judges every result by them.
 *
 * Models run again, and audits. Operators are checked node by node: where all rows are, products by Freivalds'
 * check.
 * Errors: what hinders the check itself (reading, the model); then nothing is judged.
 */
export async function checkByRecompute<Lease>(
  of: CheckedTask<Lease> & { readonly share: number },
): Promise<Outcome<Judgement<Lease>>> {
  const drawn = drawRows(of);
  if (of.work.program.kind !== 'graph') {
    const judged = await judgeModels({ ...of, tasks: [{ ...of, drawn }] });
    if (!judged.ok) return judged;
    const [judgement] = judged.value;
    assert(judgement !== undefined, 'each task comes to a judgement');
    return succeed(judgement);
  }
  const count = of.rows.end - of.rows.start;
  const isWhole = drawn[0]?.start === of.rows.start && drawn[0].end === of.rows.end;
  const probes = isWhole && count >= PROJECTED_ROWS_MIN ? new ProductProbes(of) : null;
  const buffers = { buffers: new RowBuffers(), own: new RowBuffers() };
  return judgeGraph({ ...of, drawn, probes, wholes: new Map(), ...buffers });
}

/**
 * Judges results of operators by some of a task's rows.
 *
 * What is kept, `wholes` and on, may be of other tasks of the stage, and so `probes`; null probes recompute products.
 * Errors: as of `checkByRecompute`.
 */
export async function judgeGraph<Lease>(
  of: Pick<CheckedTask<Lease>, 'work' | 'rows' | 'results' | 'read' | 'kernels'> & {
    readonly drawn: readonly RowRange[];
    readonly probes: ProductProbes | null;
    readonly wholes: Map<string, Tensor>;
    readonly buffers: RowBuffers;
    readonly own: RowBuffers;
  },
): Promise<Outcome<Judgement<Lease>>> {
  const { program } = of.work;
  assert(program.kind === 'graph', 'a graph is judged as one');
  const findings: Finding<Lease>[] = of.results.map((result) => structureFinding(of, result));
  const sound = findings.filter(({ wrong }) => wrong === null);
  const outputs = sound.map(({ output }) => output);
  const checked = await checkGraph({ ...of, program, outputs });
  if (!checked.ok) return checked;
  for (const [index, { wrong, checks }] of checked.value.entries()) {
    const finding = sound[index];
    assert(finding !== undefined, 'there is a finding of each output');
    finding.wrong = wrong;
    finding.checks.push(...checks);
  }
  return succeed(judgementOf(findings));
}

/**
 * Compares two results; where they do not agree, checks all rows and judges each.
 *
 * Agreement is within twice the tolerance of floats, and bit for bit for integers; numbers that no
 * operator gives are none.
 * Errors: what hinders the check itself; then nothing is judged.
 */
export async function checkByCompare<Lease>(
  of: CheckedTask<Lease>,
): Promise<Outcome<Judgement<Lease>>> {
  const [first, second, ...others] = of.results;
  assert(first !== undefined && second !== undefined && others.length === 0, 'two are compared');
  const agree = await resultsAgree(of, [first, second]);
  if (!agree.ok) return agree;
  if (!agree.value) return checkByRecompute({ ...of, share: 1 });
  const ranged: CheckName[] = of.work.program.kind === 'graph' ? ['finite-and-range'] : [];
  const findings = of.results.map((result) => structureFinding(of, result));
  for (const { checks } of findings) checks.push(...ranged, 'redundancy');
  return succeed(judgementOf(findings));
}

async function resultsAgree(
  of: CheckedTask<unknown>,
  [first, second]: readonly [ReportedOutput<unknown>, ReportedOutput<unknown>],
): Promise<Outcome<boolean>> {
  const { work, rows, read } = of;
  const tolerance = work.program.kind === 'model' ? MODEL_TOLERANCE : AGREEMENT_TOLERANCE;
  for (const { output } of of.results) {
    if (!checkStructure({ work, rows, output }).ok) return succeed(false);
  }
  for (const [index, { name }] of work.outputs.entries()) {
    const pair = [first.output[index], second.output[index]] as const;
    assert(pair[0] !== undefined && pair[1] !== undefined, 'the structure was found right');
    const expected = await readResult(read, pair[0]);
    if (!expected.ok) return expected;
    const actual = await readResult(read, pair[1]);
    if (!actual.ok) return actual;
    if (expected.value === null || actual.value === null) return succeed(false);
    // They agree or not: one of them in the range is enough.
    if (isOutside(actual.value, { work, name })) return succeed(false);
    const tensors = { expected: expected.value, actual: actual.value };
    if (firstDifferentRow({ ...tensors, tolerance, times: 2 }) !== null) return succeed(false);
  }
  return succeed(true);
}

/** Whether a tensor has a number that the operator which made it cannot give. */
function isOutside(
  tensor: Tensor,
  of: { readonly work: StageWork; readonly name: string },
): boolean {
  const { program, inputs } = of.work;
  const nodes = program.kind === 'graph' ? program.nodes : [];
  const node = nodes.find(({ output }) => output === of.name);
  if (node === undefined) return false;
  // A product's right operand is an input, of which every task has the whole.
  const right = inputs.find(({ name }) => name === node.inputs[1]);
  const inner = right?.tensor.shape[0] ?? Infinity;
  return firstOutside(tensor, rangeOf({ operator: node.operator, inner })) !== null;
}

import { assert } from '../domain/assert.ts';
import type { Verdict } from '../domain/checking.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { RandomStream } from '../domain/random.ts';
import type { RowRange, Tensor } from '../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../domain/work.ts';
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
import { expectRows, type RowsJudge } from './expected-rows.ts';
import { checkGraph } from './operators/check-graph.ts';
import { PROJECTED_ROWS_MIN, ProductProbes } from './operators/product-probes.ts';
import { readResult } from './read-result.ts';
import { firstDifferentRow } from './row-difference.ts';
import { sliceRows, type TensorReader } from './row-slice.ts';

/** A result under the name of the lease under which it was reported. */
export type ReportedOutput<Lease> = { readonly lease: Lease; readonly output: TaskOutput };

/** A verdict on each result, and which of them is to be used. */
export type Judgement<Lease> = {
  readonly verdicts: readonly { readonly lease: Lease; readonly verdict: Verdict }[];
  readonly accepted: Lease | null;
  /** The checks that the accepted result passed here; none where none was accepted. */
  readonly checks: readonly CheckName[];
};

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
 * Models run again. Operators are checked node by node: where all rows are, products by Freivalds'
 * check.
 * Errors: what hinders the check itself (reading, the model); then nothing is judged.
 */
export async function checkByRecompute<Lease>(
  of: CheckedTask<Lease> & { readonly share: number },
): Promise<Outcome<Judgement<Lease>>> {
  const drawn = drawRows(of);
  if (of.work.program.kind === 'model') return recomputeModel({ ...of, drawn });
  const count = of.rows.end - of.rows.start;
  const isWhole = drawn[0]?.start === of.rows.start && drawn[0].end === of.rows.end;
  const probes = isWhole && count >= PROJECTED_ROWS_MIN ? new ProductProbes(of) : null;
  return judgeGraph({ ...of, drawn, probes, wholes: new Map() });
}

/**
 * Judges results of operators by some of a task's rows.
 *
 * `probes` and `wholes` may be those of other tasks of the stage; null probes recompute products.
 * Errors: as of `checkByRecompute`.
 */
export async function judgeGraph<Lease>(
  of: Pick<CheckedTask<Lease>, 'work' | 'rows' | 'results' | 'read' | 'kernels'> & {
    readonly drawn: readonly RowRange[];
    readonly probes: ProductProbes | null;
    readonly wholes: Map<string, Tensor>;
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
  return succeed(judgement(findings));
}

async function recomputeModel<Lease>(
  of: CheckedTask<Lease> & { readonly drawn: readonly RowRange[] },
): Promise<Outcome<Judgement<Lease>>> {
  const findings = of.results.map((result) => structureFinding(of, result));
  const wholes = new Map<string, Tensor>();
  for (const rows of of.drawn) {
    // Nothing is recomputed for results that are all rejected already.
    if (findings.every(({ wrong }) => wrong !== null)) break;
    const judges = await expectRows({ ...of, rows, wholes });
    if (!judges.ok) return judges;
    for (const finding of findings) {
      if (finding.wrong !== null) continue;
      const wrong = await judgeRows(of, { ...finding, rows, judges: judges.value });
      if (!wrong.ok) return wrong;
      finding.wrong = wrong.value;
    }
  }
  for (const { checks } of findings) checks.push('recompute-rows');
  return succeed(judgement(findings));
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
  return succeed(judgement(findings));
}

/** What was found of a result by now. */
type Finding<Lease> = ReportedOutput<Lease> & {
  /** Null while nothing is. */
  wrong: string | null;
  readonly checks: CheckName[];
};

function judgement<Lease>(findings: readonly Finding<Lease>[]): Judgement<Lease> {
  const verdicts = findings.map(({ lease, wrong }) => {
    const verdict: Verdict =
      wrong === null ? { kind: 'accepted' } : { kind: 'rejected', reason: wrong };
    return { lease, verdict };
  });
  const used = findings.find(({ wrong }) => wrong === null);
  return { verdicts, accepted: used?.lease ?? null, checks: used?.checks ?? [] };
}

function structureFinding<Lease>(
  of: Pick<CheckedTask<Lease>, 'work' | 'rows'>,
  { lease, output }: ReportedOutput<Lease>,
): Finding<Lease> {
  const structure = checkStructure({ work: of.work, rows: of.rows, output });
  const wrong = structure.ok ? null : structure.failure.message;
  const hasBlobs = output.some(({ source }) => source.kind === 'blob');
  return { lease, output, wrong, checks: hasBlobs ? ['structure', 'digest'] : ['structure'] };
}

/** What is wrong with some rows of a result; null where nothing is. */
async function judgeRows(
  { work, rows: taskRows, read }: Pick<CheckedTask<unknown>, 'work' | 'rows' | 'read'>,
  of: { output: TaskOutput; rows: RowRange; judges: readonly RowsJudge[] },
): Promise<Outcome<string | null>> {
  const rows = { start: of.rows.start - taskRows.start, end: of.rows.end - taskRows.start };
  for (const [index, { name }] of work.outputs.entries()) {
    const ref = of.output[index];
    const judge = of.judges[index];
    assert(ref !== undefined && judge !== undefined, 'the structure was found right');
    const actual = await readResult(read, sliceRows(ref, rows));
    if (!actual.ok) return actual;
    const wrong = actual.value === null ? 'cannot be read' : judge(actual.value);
    if (wrong !== null) return succeed(`output "${name}": ${wrong}`);
  }
  return succeed(null);
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

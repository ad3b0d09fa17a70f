import { assert } from '../domain/assert.ts';
import type { Verdict } from '../domain/checking.ts';
import type { FailureCode } from '../domain/failure.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import type { RandomStream } from '../domain/random.ts';
import type { RowRange, Tensor, TensorRef } from '../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../domain/work.ts';
import type { ModelSession } from '../kernels/index.ts';
import { AGREEMENT_TOLERANCE, drawRows, MODEL_TOLERANCE } from '../validation/index.ts';
import type { AbortLike } from './execute.ts';
import { expectRows, type RowsJudge } from './expected-rows.ts';
import { firstDifferentRow } from './row-difference.ts';
import { sliceRows, type TensorReader } from './row-slice.ts';
import { checkStructure } from './structure.ts';

/** A result under the name of the lease under which it was reported. */
export type ReportedOutput<Lease> = { readonly lease: Lease; readonly output: TaskOutput };

/** A verdict on each result, and which of them is to be used. */
export type Judgement<Lease> = {
  readonly verdicts: readonly { readonly lease: Lease; readonly verdict: Verdict }[];
  readonly accepted: Lease | null;
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
  readonly signal?: AbortLike | undefined;
};

/**
 * Recomputes rows drawn at random and judges every result by them.
 *
 * `random` must be seeded after the results were reported.
 * Errors: what hinders the check itself (reading, the model); then nothing is judged.
 */
export async function checkByRecompute<Lease>(
  of: CheckedTask<Lease> & { readonly share: number; readonly random: RandomStream },
): Promise<Outcome<Judgement<Lease>>> {
  const verdicts = of.results.map((result) => structureVerdict(of, result));
  const wholes = new Map<string, Tensor>();
  const drawn = drawRows(of);
  const parts = of.work.program.kind === 'graph' ? drawn.flatMap(inParts) : drawn;
  for (const rows of parts) {
    // Nothing is recomputed for results that are all rejected already.
    if (verdicts.every(({ verdict }) => verdict.kind === 'rejected')) break;
    const judges = await expectRows({ ...of, rows, wholes });
    if (!judges.ok) return judges;
    for (const [index, { lease, output }] of of.results.entries()) {
      if (verdicts[index]?.verdict.kind === 'rejected') continue;
      const verdict = await judgeRows(of, { output, rows, judges: judges.value });
      if (!verdict.ok) return verdict;
      verdicts[index] = { lease, verdict: verdict.value };
    }
  }
  return succeed(judgement(verdicts));
}

/**
 * Compares two results; where they do not agree, recomputes all rows and judges each.
 *
 * Agreement is within twice the tolerance of floats, and bit for bit for integers.
 * Errors: what hinders the check itself; then nothing is judged.
 */
export async function checkByCompare<Lease>(
  of: CheckedTask<Lease>,
): Promise<Outcome<Judgement<Lease>>> {
  const [first, second, ...others] = of.results;
  assert(first !== undefined && second !== undefined && others.length === 0, 'two are compared');
  const agree = await resultsAgree(of, [first, second]);
  if (!agree.ok) return agree;
  if (!agree.value) return checkByRecompute({ ...of, share: 1, random: ALL_ROWS });
  const verdict = { kind: 'accepted' } as const;
  return succeed(judgement(of.results.map(({ lease }) => ({ lease, verdict }))));
}

/** Operators' tolerances scale with the largest numbers among rows judged at once: so few are. */
const ROWS_JUDGED_AT_ONCE = 16;

function inParts({ start, end }: RowRange): RowRange[] {
  const parts: RowRange[] = [];
  for (let from = start; from < end; from += ROWS_JUDGED_AT_ONCE) {
    parts.push({ start: from, end: Math.min(end, from + ROWS_JUDGED_AT_ONCE) });
  }
  return parts;
}

/** Never asked: with a share of 1 there is nothing to draw. */
const ALL_ROWS: RandomStream = { nextUint32: () => 0, nextBelow: () => 0, nextUnit: () => 0 };

type LeaseVerdict<Lease> = { readonly lease: Lease; readonly verdict: Verdict };

function judgement<Lease>(verdicts: readonly LeaseVerdict<Lease>[]): Judgement<Lease> {
  const used = verdicts.find(({ verdict }) => verdict.kind === 'accepted');
  return { verdicts, accepted: used?.lease ?? null };
}

function structureVerdict<Lease>(
  of: CheckedTask<Lease>,
  { lease, output }: ReportedOutput<Lease>,
): LeaseVerdict<Lease> {
  const structure = checkStructure({ work: of.work, rows: of.rows, output });
  if (structure.ok) return { lease, verdict: { kind: 'accepted' } };
  return { lease, verdict: { kind: 'rejected', reason: structure.failure.message } };
}

async function judgeRows(
  { work, rows: taskRows, read }: Pick<CheckedTask<unknown>, 'work' | 'rows' | 'read'>,
  of: { output: TaskOutput; rows: RowRange; judges: readonly RowsJudge[] },
): Promise<Outcome<Verdict>> {
  const rows = { start: of.rows.start - taskRows.start, end: of.rows.end - taskRows.start };
  for (const [index, { name }] of work.outputs.entries()) {
    const ref = of.output[index];
    const judge = of.judges[index];
    assert(ref !== undefined && judge !== undefined, 'the structure was found right');
    const actual = await readResult(read, sliceRows(ref, rows));
    if (!actual.ok) return actual;
    const wrong = actual.value === null ? 'cannot be read' : judge(actual.value);
    if (wrong !== null) return succeed(rejected(`output "${name}": ${wrong}`));
  }
  return succeed({ kind: 'accepted' });
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
  for (const index of work.outputs.keys()) {
    const pair = [first.output[index], second.output[index]] as const;
    assert(pair[0] !== undefined && pair[1] !== undefined, 'the structure was found right');
    const expected = await readResult(read, pair[0]);
    if (!expected.ok) return expected;
    const actual = await readResult(read, pair[1]);
    if (!actual.ok) return actual;
    if (expected.value === null || actual.value === null) return succeed(false);
    const tensors = { expected: expected.value, actual: actual.value };
    if (firstDifferentRow({ ...tensors, tolerance, times: 2 }) !== null) return succeed(false);
  }
  return succeed(true);
}

/** Failures that an agent brings about by what it names as its result's bytes. */
const AGENTS_FAULTS: readonly FailureCode[] = [
  'input_invalid', // a slice outside its blob
  'input_malformed', // a manifest that does not parse
  'bytes_mismatch',
  'shape_mismatch',
];

/** A result's tensor, or null where its bytes are not what the result says. */
async function readResult(read: TensorReader, ref: TensorRef): Promise<Outcome<Tensor | null>> {
  const tensor = await read(ref);
  if (tensor.ok || !AGENTS_FAULTS.includes(tensor.failure.code)) return tensor;
  return succeed(null);
}

function rejected(reason: string): Verdict {
  return { kind: 'rejected', reason };
}

import { succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import type { RandomStream } from '../domain/random.ts';
import { rowBytes, type RowRange, type Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import { judgeGraph } from './check.ts';
import type { Judgement, ReportedOutput } from './finding.ts';
import { judgeModels } from './judge-models.ts';
import type { Kernels, ModelSession } from '../kernels/index.ts';
import { readInputs } from './read-inputs.ts';
import {
  PROJECTED_INNER_MIN,
  PROJECTED_ROWS_MIN,
  ProductProbes,
} from './operators/product-probes.ts';
import { recomputeGraph } from './operators/recompute-graph.ts';
import { RowBuffers } from './row-buffers.ts';
import type { TensorReader } from './row-slice.ts';
import { checkStructure, drawRows, type CheckName, type Projector } from '../validation/index.ts';

/** One of many tasks of one stage whose results are to be checked. */
export type RecomputedTask<Lease> = {
  readonly rows: RowRange;
  readonly results: readonly ReportedOutput<Lease>[];
  readonly share: number;
  /** Seeded after the results were reported. */
  readonly random: () => RandomStream;
};

/**
 * Checks many tasks of one stage and judges each: to the same verdicts, in the order of the tasks, as
 * `checkByRecompute` one by one.
 *
 * Of a model or an audit the drawn rows of all tasks run together. Where a stage of operators reports products
 * worth it, all tasks share one draw of factors, made after the last of their results was reported,
 * and what was computed from it. Otherwise rows that lie side by side are recomputed at once, all of them: a result that is there in the message and equal bit
 * for bit passes under any tolerance, and every other goes the general way.
 * Errors: what hinders the check itself; then nothing is judged.
 */
export async function checkManyByRecompute<Lease>(of: {
  readonly work: StageWork;
  readonly tasks: readonly RecomputedTask<Lease>[];
  readonly read: TensorReader;
  /** The stage's model, loaded here; null for operators. */
  readonly session: ModelSession | null;
  readonly projector: Projector;
  readonly kernels: Kernels;
  /** Most rows that are recomputed at once. */
  readonly rowsMax: number;
}): Promise<Outcome<readonly Judgement<Lease>[]>> {
  if (of.work.program.kind !== 'graph') {
    const tasks = of.tasks.map((task) => {
      return { ...task, drawn: drawRows({ ...task, random: task.random() }) };
    });
    return judgeModels({ ...of, tasks });
  }
  const known = reportsProducts(of.work) ? of.tasks.map(() => null) : await recomputeRuns(of);
  if ('ok' in known) return known;
  return judgeRest(of, known);
}

type Many<Lease> = Parameters<typeof checkManyByRecompute<Lease>>[0];
type Known<Lease> = readonly (Judgement<Lease> | null)[];

/** Judges the tasks of which nothing is known yet. */
async function judgeRest<Lease>(
  { work, tasks, read, projector, kernels }: Many<Lease>,
  known: Known<Lease>,
): Promise<Outcome<readonly Judgement<Lease>[]>> {
  const judged: Judgement<Lease>[] = [];
  const wholes = new Map<string, Tensor>();
  const kept = { wholes, buffers: new RowBuffers(), own: new RowBuffers() };
  let rowCount = 0;
  for (const { rows, share } of tasks) if (share === 1) rowCount += rows.end - rows.start;
  let probes: ProductProbes | null = null;
  for (const [index, task] of tasks.entries()) {
    const random = task.random();
    let judgement = known[index] ?? null;
    if (judgement === null) {
      if (rowCount >= PROJECTED_ROWS_MIN) probes ??= new ProductProbes({ projector, random });
      const drawn = drawRows({ ...task, random });
      const shared = { ...kept, probes: task.share === 1 ? probes : null };
      const outcome = await judgeGraph({ ...task, work, read, kernels, drawn, ...shared });
      if (!outcome.ok) return outcome;
      judgement = outcome.value;
    }
    judged.push(judgement);
  }
  return succeed(judged);
}

/** Whether a stage's outputs have a product that may be probed. */
function reportsProducts({ program, inputs, outputs }: StageWork): boolean {
  if (program.kind !== 'graph') return false;
  return program.nodes.some(({ operator, inputs: operands, output }) => {
    if (operator !== 'matmul' && operator !== 'qmatmul') return false;
    const right = inputs.find(({ name }) => name === operands[1]);
    const inner = right?.tensor.shape[0] ?? 0;
    return inner >= PROJECTED_INNER_MIN && outputs.some(({ name }) => name === output);
  });
}

/** Judges those tasks whose results are to the bit what is recomputed. */
async function recomputeRuns<Lease>(of: Many<Lease>): Promise<Known<Lease> | Failed> {
  const { work, tasks, read } = of;
  const judgements: (Judgement<Lease> | null)[] = tasks.map(() => null);
  const wholes = new Map<string, Tensor>();
  for (const run of runsOf(tasks, of.rowsMax)) {
    const expected = await recomputeRun({ work, read, wholes, rows: run.rows });
    if (!expected.ok) return expected;
    if (expected.value === null) continue;
    const by = { work, expected: expected.value, first: run.rows.start };
    for (const index of run.indexes) {
      const task = tasks[index];
      if (task === undefined) continue;
      if (isEqual(task, by)) judgements[index] = acceptance(task);
    }
  }
  return judgements;
}

/** Tasks whose rows lie side by side, by their places in the list. */
type Run = { readonly rows: RowRange; readonly indexes: readonly number[] };

function runsOf(tasks: readonly RecomputedTask<unknown>[], rowsMax: number): readonly Run[] {
  const runs: { rows: { start: number; end: number }; indexes: number[] }[] = [];
  const starts = Float64Array.from(tasks, ({ rows }) => rows.start);
  const order = Array.from(tasks.keys()).sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
  for (const index of order) {
    const task = tasks[index];
    if (task === undefined || !isWhole(task, rowsMax) || !isInMessage(task)) continue;
    const { rows } = task;
    const last = runs.at(-1);
    if (last?.rows.end === rows.start && rows.end - last.rows.start <= rowsMax) {
      last.rows.end = rows.end;
      last.indexes.push(index);
    } else {
      runs.push({ rows: { ...rows }, indexes: [index] });
    }
  }
  return runs;
}

/** Whether all rows of a task would be drawn, and are few. */
function isWhole({ rows, share }: RecomputedTask<unknown>, rowsMax: number): boolean {
  const count = rows.end - rows.start;
  return count <= rowsMax && Math.max(1, Math.ceil(share * count)) >= count;
}

/** Whether results came in their messages, as small ones do; others are not compared to the bit. */
function isInMessage({ results }: RecomputedTask<unknown>): boolean {
  return results.every(({ output }) => output.every(({ source }) => source.kind === 'inline'));
}

/** The stage's outputs for these rows; null where no operator makes them. */
async function recomputeRun(of: {
  readonly work: StageWork;
  readonly rows: RowRange;
  readonly read: TensorReader;
  readonly wholes: Map<string, Tensor>;
}): Promise<Outcome<readonly Tensor[] | null>> {
  const { work, rows } = of;
  const { program } = work;
  if (program.kind !== 'graph') return succeed(null);
  const inputs = await readInputs(of);
  if (!inputs.ok) return inputs;
  const computed = await recomputeGraph({ work, program, rows, inputs: inputs.value });
  return computed.ok ? succeed(computed.value.map(({ tensor }) => tensor)) : computed;
}

/** Whether every result is what was recomputed, to the bit. */
function isEqual(
  { rows, results }: RecomputedTask<unknown>,
  to: {
    readonly work: StageWork;
    readonly expected: readonly Tensor[];
    /** The first row of `expected`. */
    readonly first: number;
  },
): boolean {
  const { work, expected, first } = to;
  for (const { output } of results) {
    if (!checkStructure({ work, rows, output }).ok) return false;
    for (let index = 0; index < expected.length; index++) {
      const tensor = expected[index];
      const source = output[index]?.source;
      if (tensor === undefined || source?.kind !== 'inline') return false;
      const from = (rows.start - first) * rowBytes(tensor);
      if (!equalsAt(tensor.bytes, from, source.bytes)) return false;
    }
  }
  return true;
}

/** Whether `whole` has these bytes from there on. */
function equalsAt(whole: Uint8Array, from: number, bytes: Uint8Array): boolean {
  if (from + bytes.byteLength > whole.byteLength) return false;
  for (let index = 0; index < bytes.byteLength; index++) {
    if (whole[from + index] !== bytes[index]) return false;
  }
  return true;
}

const ACCEPTED = { kind: 'accepted' } as const;
const PASSED: readonly CheckName[] = ['structure', 'recompute-rows'];

function acceptance<Lease>({ results }: RecomputedTask<Lease>): Judgement<Lease> {
  const verdict = ACCEPTED;
  const verdicts = results.map(({ lease }) => ({ lease, verdict }));
  return { verdicts, accepted: results[0]?.lease ?? null, checks: PASSED };
}

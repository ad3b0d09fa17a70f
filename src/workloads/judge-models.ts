import { assert } from '../domain/assert.ts';
import { CHECK_MODEL_BATCH_BYTES } from '../domain/limits.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { rowBytes, tensorBytes, type RowRange, type Tensor } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import type { Kernels, ModelSession } from '../kernels/index.ts';
import { MODEL_TOLERANCE } from '../validation/index.ts';
import { executeTask, type AbortLike } from './execute.ts';
import {
  judgementOf,
  structureFinding,
  type Finding,
  type Judgement,
  type ReportedOutput,
} from './finding.ts';
import { rowParts } from './operators/row-parts.ts';
import { readInputs } from './read-inputs.ts';
import { readResult } from './read-result.ts';
import { firstDifferentRow } from './row-difference.ts';
import { sliceRows, tensorRows, type TensorReader } from './row-slice.ts';

/** One of some tasks of a stage with a model, and those of its rows that are looked at. */
export type DrawnTask<Lease> = {
  readonly rows: RowRange;
  readonly results: readonly ReportedOutput<Lease>[];
  /** Ascending. */
  readonly drawn: readonly RowRange[];
};

type Stage = {
  readonly work: StageWork;
  readonly read: TensorReader;
  /** The stage's model, loaded here. */
  readonly session: ModelSession | null;
  readonly signal?: AbortLike | undefined;
};

/**
 * Judges results of a model by some rows of each task: those of all tasks run together, as one
 * batch costs far less than as many runs of a row or two.
 *
 * A model rounds a row otherwise beside others. The agent ran it beside others, too: the tolerance
 * of models is for that, so that a verdict is the one that a check alone comes to.
 *
 * Limits: CHECK_MODEL_BATCH_BYTES of rows are in memory, beside inputs that go whole.
 * Errors: what hinders the check (reading, the model); then nothing is judged.
 */
export async function judgeModels<Lease>(
  of: Stage & { readonly tasks: readonly DrawnTask<Lease>[] },
): Promise<Outcome<readonly Judgement<Lease>[]>> {
  const judged = of.tasks.map((task): Judged<Lease> => {
    const findings = task.results.map((result) => structureFinding({ ...of, ...task }, result));
    return { task, findings };
  });
  const wholes = new Map<string, Tensor>();
  for (const parts of partsTogether(judged, rowsTogether(of.work))) {
    // Nothing is recomputed for results that are all rejected already.
    const open = parts.filter(({ of: { findings } }) => findings.some(isOpen));
    if (open.length === 0) continue;
    const expected = await modelRows({ ...of, parts: open.map(({ rows }) => rows), wholes });
    if (!expected.ok) return expected;
    let first = 0;
    for (const { of: one, rows } of open) {
      const within = { start: first, end: first + rows.end - rows.start };
      first = within.end;
      const tensors = expected.value.map((tensor) => tensorRows(tensor, within));
      for (const finding of one.findings.filter(isOpen)) {
        const wrong = await wrongOf(finding, { ...of, task: one.task.rows, rows, tensors });
        if (!wrong.ok) return wrong;
        finding.wrong = wrong.value;
      }
    }
  }
  const judgements = judged.map(({ findings }) => {
    for (const { checks } of findings) checks.push('recompute-rows');
    return judgementOf(findings);
  });
  return succeed(judgements);
}

type Judged<Lease> = {
  readonly task: DrawnTask<Lease>;
  readonly findings: readonly Finding<Lease>[];
};

type Part<Lease> = { readonly of: Judged<Lease>; readonly rows: RowRange };

function isOpen({ wrong }: Finding<unknown>): boolean {
  return wrong === null;
}

function rowsTogether({ inputs, outputs }: StageWork): number {
  let bytes = 1;
  for (const { tensor, cut } of inputs) if (cut === 'rows') bytes += rowBytes(tensor);
  for (const { dtype, rowShape } of outputs) bytes += tensorBytes({ dtype, shape: rowShape });
  return Math.max(1, Math.floor(CHECK_MODEL_BATCH_BYTES / bytes));
}

/** The drawn rows in their order, so many together at most. */
function* partsTogether<Lease>(
  judged: readonly Judged<Lease>[],
  rowsMax: number,
): Generator<readonly Part<Lease>[]> {
  let parts: Part<Lease>[] = [];
  let count = 0;
  for (const one of judged) {
    for (const rows of one.task.drawn.flatMap((range) => rowParts(range, rowsMax))) {
      const more = rows.end - rows.start;
      if (count + more > rowsMax && parts.length > 0) {
        yield parts;
        [parts, count] = [[], 0];
      }
      parts.push({ of: one, rows });
      count += more;
    }
  }
  if (parts.length > 0) yield parts;
}

/** Runs the model here on some rows, from their inputs alone: its outputs, of one behind another. */
async function modelRows(
  of: Stage & { readonly parts: readonly RowRange[]; readonly wholes: Map<string, Tensor> },
): Promise<Outcome<readonly Tensor[]>> {
  const { work, read, wholes } = of;
  const inputs = new Map<string, Tensor[]>();
  for (const rows of of.parts) {
    const part = await readInputs({ work, rows, read, wholes });
    if (!part.ok) return part;
    for (const [name, tensor] of part.value) {
      const known = inputs.get(name);
      if (known === undefined) inputs.set(name, [tensor]);
      else if (!wholes.has(name)) known.push(tensor);
    }
  }
  const joined = new Map<string, Tensor>();
  for (const [name, tensors] of inputs) joined.set(name, rowsJoined(tensors));
  const count = of.parts.reduce((sum, { start, end }) => sum + end - start, 0);
  const rows = { start: 0, end: count };
  return executeTask({ ...of, rows, inputs: joined, kernelsFor: noKernels });
}

function rowsJoined(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  assert(first !== undefined, 'there are rows');
  if (tensors.length === 1) return first;
  const bytes = new Uint8Array(tensors.reduce((sum, tensor) => sum + tensor.bytes.byteLength, 0));
  let [at, count] = [0, 0];
  for (const tensor of tensors) {
    bytes.set(tensor.bytes, at);
    at += tensor.bytes.byteLength;
    count += tensor.shape[0] ?? 0;
  }
  return { dtype: first.dtype, shape: [count, ...first.shape.slice(1)], bytes };
}

/** What is wrong with some rows of a result; null where nothing is. */
async function wrongOf(
  { output }: Finding<unknown>,
  of: Stage & {
    /** The task's. */
    readonly task: RowRange;
    readonly rows: RowRange;
    /** What the outputs must be there. */
    readonly tensors: readonly Tensor[];
  },
): Promise<Outcome<string | null>> {
  const { task, rows } = of;
  const within = { start: rows.start - task.start, end: rows.end - task.start };
  for (const [index, { name }] of of.work.outputs.entries()) {
    const ref = output[index];
    const expected = of.tensors[index];
    assert(ref !== undefined && expected !== undefined, 'the structure was found right');
    const actual = await readResult(of.read, sliceRows(ref, within));
    if (!actual.ok) return actual;
    if (actual.value === null) return succeed(`output "${name}": cannot be read`);
    const pair = { expected, actual: actual.value };
    const found = firstDifferentRow({ ...pair, tolerance: MODEL_TOLERANCE, times: 1 });
    if (found === null) continue;
    const element = `element ${found.element} of row ${rows.start + found.row}`;
    const numbers = `is ${found.actual}, recomputed ${found.expected}`;
    return succeed(`output "${name}": ${element} ${numbers}`);
  }
  return succeed(null);
}

function noKernels(): Kernels {
  assert(false, 'a model stage calls no operator');
}

import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { TRIAL_MS, TRIAL_ROWS_MAX, TRIAL_RUNS_MIN, TRIAL_SAMPLE_MS } from '../../domain/limits.ts';
import type { BackendName, OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { growingScratch } from '../../domain/scratch.ts';
import { tensorBytes, type Shape, type Tensor } from '../../domain/tensor.ts';
import type { Kernels, OperatorCall } from '../kernels.ts';
import { isProduct } from '../product.ts';
import { runReference } from '../reference.ts';
import { toleranceOf } from '../tolerance.ts';
import { wrongElements, type HeldAgainst, type WrongElement } from '../wrong-elements.ts';
import { operationsOf, trialCall } from './trial-call.ts';

/** What came of one operator at one size on one backend. */
export type Trial = {
  readonly operator: OperatorName;
  readonly backend: BackendName;
  /** As of `trialSizes`. */
  readonly size: Shape;
  /** The result against the reference. */
  readonly held: HeldAgainst;
  /** Rows of the result that were compared, of a product some and else all. */
  readonly rows: readonly number[] | 'all';
  /**
   * Milliseconds of a run, each the mean of as many as last TRIAL_SAMPLE_MS; in the order of time.
   * Never zero. The first run, that warms up, is left out.
   */
  readonly runsMs: readonly number[];
  /** Runs that were timed, more than there are times where they are short. */
  readonly runCount: number;
  /** Sums and products; see `operationsOf`. */
  readonly operations: number;
  /** Of operands and result. */
  readonly bytes: number;
};

/**
 * Runs an operator again and again for about TRIAL_MS, and holds its result against the reference.
 *
 * The time is that of `Kernels.run`: with moving operands to where the backend has them, and back
 * into memory that is kept, as an agent's lane does.
 *
 * Errors: those of `Kernels.run`; canceled.
 */
export async function runTrial(
  kernels: Kernels,
  of: {
    readonly operator: OperatorName;
    readonly size: Shape;
    /** Any clock, in milliseconds. */
    readonly nowMs: () => number;
    readonly signal: AbortSignal;
  },
): Promise<Outcome<Trial>> {
  const { operator, size, nowMs, signal } = of;
  const call = trialCall(operator, size);
  const warm = await kernels.run(call);
  if (!warm.ok) return warm;
  const runsMs: number[] = [];
  const into = growingScratch();
  let runCount = 0;
  const startedAtMs = nowMs();
  while (runsMs.length < TRIAL_RUNS_MIN || nowMs() - startedAtMs < TRIAL_MS) {
    if (signal.aborted) return fail(failure('canceled', `the trial of ${operator} was stopped`));
    const beginMs = nowMs();
    let [runs, tookMs] = [0, 0];
    // Clocks of browsers step by 5 us to 100 ms, and a run may take less than one of either.
    while (tookMs < TRIAL_SAMPLE_MS) {
      const again = await kernels.run(call, into);
      if (!again.ok) return again;
      runs++;
      tookMs = nowMs() - beginMs;
    }
    runsMs.push(tookMs / runs);
    runCount += runs;
  }
  const bytes = [...call.inputs, warm.value].reduce((sum, one) => sum + tensorBytes(one), 0);
  const operations = operationsOf(call);
  const compared = comparedWith(call, warm.value);
  if (!compared.ok) return compared;
  const times = { runsMs, runCount, operations, bytes };
  return succeed({ operator, backend: kernels.backend, size, ...compared.value, ...times });
}

/** Products are compared in some of their rows: the reference would take longer than all runs. */
function comparedWith(call: OperatorCall, result: Tensor): Outcome<Pick<Trial, 'held' | 'rows'>> {
  const rows = isProduct(call.operator) ? spreadRows(call) : 'all';
  const [left, ...others] = call.inputs;
  assert(left !== undefined, `${call.operator} was run, and so has operands`);
  const part = rows === 'all' ? call : { ...call, inputs: [rowsOf(left, rows), ...others] };
  const expected = runReference(part);
  if (!expected.ok) return expected;
  const actual = rows === 'all' ? result : rowsOf(result, rows);
  const tolerance = toleranceOf(part);
  const held = wrongElements({ expected: expected.value, actual, tolerance });
  return succeed({ held: rows === 'all' ? held : placedIn(rows, held), rows });
}

/** With the worst element in its own row, where only some rows were compared. */
function placedIn(rows: readonly number[], held: HeldAgainst): HeldAgainst {
  if (held.worst === null) return held;
  const { at } = held.worst;
  const [row = 0, ...rest] = at;
  const worst: WrongElement = { ...held.worst, at: [rows[row] ?? row, ...rest] };
  return { ...held, worst };
}

/** The first row, the last one, and some evenly between them. */
function spreadRows({ inputs }: OperatorCall): readonly number[] {
  const last = (inputs[0]?.shape[0] ?? 1) - 1;
  const count = Math.min(last, TRIAL_ROWS_MAX - 1);
  const rows = Array.from({ length: count + 1 }, (_, index) => {
    return count === 0 ? 0 : Math.round((index * last) / count);
  });
  return [...new Set(rows)];
}

function rowsOf({ dtype, shape, bytes }: Tensor, rows: readonly number[]): Tensor {
  const rowBytes = bytes.byteLength / (shape[0] ?? 1);
  const taken = new Uint8Array(rows.length * rowBytes);
  for (const [index, row] of rows.entries()) {
    taken.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), index * rowBytes);
  }
  return { dtype, shape: [rows.length, ...shape.slice(1)], bytes: taken };
}

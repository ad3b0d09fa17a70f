import { describe, expect, it } from 'vitest';
import { TRIAL_MS, TRIAL_ROWS_MAX, TRIAL_RUNS_MIN, TRIAL_SAMPLE_MS } from '../../domain/limits.ts';
import { OPERATORS } from '../../domain/operator.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { Kernels } from '../kernels.ts';
import { runReference } from '../reference.ts';
import { openWasmKernelsAtOnce } from '../wasm-kernels.ts';
import { runTrial } from './trial.ts';
import { operationsOf, trialCall } from './trial-call.ts';
import { trialSizes } from './trial-sizes.ts';

const wasm = valueOf(openWasmKernelsAtOnce());
const signal = new AbortController().signal;

function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** Goes on by so much at each look. */
function clockBy(stepMs: number): () => number {
  let atMs = 0;
  return () => (atMs += stepMs);
}

/** The kernels with one number of each result changed. */
function broken(at: (length: number) => number): Kernels {
  return {
    ...wasm,
    backend: 'wasm',
    async run(call) {
      const result = await wasm.run(call);
      if (!result.ok) return result;
      const bytes = result.value.bytes.slice();
      bytes[at(bytes.length)]! ^= 0x40; // within its bounds
      return succeed({ ...result.value, bytes });
    },
  };
}

describe('a trial', () => {
  it.each(OPERATORS)(
    'of %s finds honest kernels right at every size but the largest',
    async (operator) => {
      for (const size of trialSizes(operator).slice(0, -1)) {
        const trial = await runTrial(wasm, { operator, size, nowMs: clockBy(TRIAL_MS), signal });
        expect(trial).toMatchObject({ ok: true, value: { operator, backend: 'wasm', size } });
        expect(trial.ok && trial.value.held.kind).toBe('right');
        expect(trial.ok && trial.value.runsMs.length).toBe(TRIAL_RUNS_MIN);
      }
    },
  );

  it.each(['matmul', 'qmatmul', 'add', 'tanh', 'reduce-sum'] as const)(
    'of %s finds one wrong number in the first and in the last row',
    async (operator) => {
      const [size = [1, 1]] = trialSizes(operator).slice(-2);
      const of = { operator, size, nowMs: clockBy(TRIAL_MS), signal };
      for (const at of [() => 3, (length: number) => length - 1]) {
        const trial = await runTrial(broken(at), of);
        expect(trial.ok && trial.value.held.kind).toBe('wrong');
      }
    },
  );

  it('runs for as long as it is to, and compares some rows of a product', async () => {
    const size = [128, 768, 768];
    const of = { operator: 'qmatmul', size, nowMs: clockBy(TRIAL_MS / 20), signal } as const;
    const { runsMs, rows, operations, bytes } = valueOf(await runTrial(wasm, of));
    expect(runsMs.length).toBeGreaterThan(TRIAL_RUNS_MIN);
    expect(new Set(runsMs)).toEqual(new Set([TRIAL_MS / 20]));
    expect(rows).toHaveLength(TRIAL_ROWS_MAX);
    expect([rows[0], rows.at(-1)]).toEqual([0, 127]);
    expect(operations).toBe(2 * 128 * 768 * 768);
    expect(bytes).toBe(128 * 768 + 768 * 768 + 4 * 128 * 768);
  });

  it.each([
    ['of a browser that is careful', 100],
    ['of a page that is not isolated', 1],
    ['of an isolated page', 0.005],
  ])('takes times that are none of zero by the clock %s', async (_, tickMs) => {
    // What a run and a look together take; far less than one tick of the coarser clocks.
    const runMs = 0.05;
    let atMs = 0;
    const nowMs = () => Math.floor((atMs += runMs) / tickMs) * tickMs;
    const of = { operator: 'relu', size: [1, 768], nowMs, signal } as const;
    const { runsMs, runCount } = valueOf(await runTrial(wasm, of));
    expect(runsMs.length).toBeGreaterThanOrEqual(TRIAL_RUNS_MIN);
    expect(runCount).toBeGreaterThan(runsMs.length * (TRIAL_SAMPLE_MS / runMs / 2));
    for (const ms of runsMs) {
      expect(ms).toBeGreaterThan(runMs / 2);
      expect(ms).toBeLessThan(runMs * 2);
    }
  });

  it('that is stopped says so', async () => {
    const stopped = AbortSignal.abort();
    const of = { operator: 'add', size: [1, 768], nowMs: clockBy(1), signal: stopped } as const;
    expect(await runTrial(wasm, of)).toMatchObject({ failure: { code: 'canceled' } });
  });
});

describe('the call that is tried', () => {
  it.each(OPERATORS)('of %s is valid at every size, and the same each time', (operator) => {
    const [size = []] = trialSizes(operator);
    const call = trialCall(operator, size);
    expect(runReference(call).ok).toBe(true);
    expect(trialCall(operator, size)).toEqual(call);
    expect(operationsOf(call)).toBeGreaterThan(0);
  });
});

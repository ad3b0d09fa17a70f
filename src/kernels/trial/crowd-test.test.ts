import { describe, expect, it } from 'vitest';
import { crowdSize } from '../../domain/crowd-test.ts';
import { TRIAL_MS } from '../../domain/limits.ts';
import { failure, type FailureCode } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { KERNEL_BUILD } from '../gen/build.ts';
import type { Kernels, OperatorCall } from '../kernels.ts';
import { openWasmKernelsAtOnce } from '../wasm-kernels.ts';
import { runCrowdTest, type CrowdStep } from './crowd-test.ts';
import { trialSizes } from './trial-sizes.ts';

const wasm = valueOf(openWasmKernelsAtOnce());

function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** Kernels of some operators; `run` may differ from what WASM does. */
function only(
  operators: readonly OperatorName[],
  run: Kernels['run'] = (call) => wasm.run(call),
): Kernels {
  return { ...wasm, backend: 'wasm', operators: new Set(operators), run };
}

function tested(backends: readonly Kernels[], signal = new AbortController().signal) {
  let atMs = 0;
  const steps: CrowdStep[] = [];
  const nowMs = () => (atMs += TRIAL_MS);
  const onStep = (step: CrowdStep) => void steps.push(step);
  return runCrowdTest(backends, { nowMs, signal, onStep }).then((outcome) => ({ outcome, steps }));
}

describe('a crowd test', () => {
  it('tells what is right, and how long it takes, of each operator on each backend', async () => {
    const webgpu: Kernels = { ...only(['tanh']), backend: 'webgpu' };
    const { outcome, steps } = await tested([webgpu, only(['matmul', 'tanh'])]);
    const found = valueOf(outcome);
    expect(found.kernelBuild).toBe(KERNEL_BUILD);
    expect(found.conformance).toMatchObject([
      { primitive: 'tanh', backend: 'webgpu', passed: true },
      { primitive: 'matmul', backend: 'wasm', passed: true },
      { primitive: 'tanh', backend: 'wasm', passed: true },
    ]);
    const medianUs = TRIAL_MS * 1000;
    expect(found.times).toEqual([
      { operator: 'tanh', backend: 'webgpu', medianUs },
      { operator: 'matmul', backend: 'wasm', medianUs },
      { operator: 'tanh', backend: 'wasm', medianUs },
    ]);
    expect(steps.map(({ index, count }) => [index, count])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  it('has no time of what fails its vectors', async () => {
    const found = valueOf(
      (
        await tested([
          only(
            ['exp'],
            spoiled(() => true),
          ),
        ])
      ).outcome,
    );
    expect(found.times).toEqual([]);
    expect(found.conformance).toMatchObject([{ primitive: 'exp', passed: false }]);
  });

  it('has failed what is right on all vectors and wrong at the size that is timed', async () => {
    const [rows] = crowdSize('exp');
    const isTimed = ({ inputs }: OperatorCall): boolean => inputs[0]?.shape[0] === rows;
    const found = valueOf((await tested([only(['exp'], spoiled(isTimed))])).outcome);
    expect(found.times).toEqual([]);
    const detail = expect.stringContaining('128 x 768: element [0,0] is');
    expect(found.conformance).toMatchObject([{ primitive: 'exp', passed: false, detail }]);
  });

  it.each<[FailureCode, boolean]>([
    ['device_lost', false],
    ['out_of_memory', false],
    ['execution_failed', true],
  ])('that ends with %s says something of the operator: %s', async (code, isSaid) => {
    const [rows] = crowdSize('exp');
    const run: Kernels['run'] = async (call) =>
      call.inputs[0]?.shape[0] === rows ? fail(failure(code, 'it failed')) : wasm.run(call);
    const { outcome } = await tested([only(['exp'], run)]);
    const said = { ok: true, value: { conformance: [{ passed: false, detail: 'it failed' }] } };
    expect(outcome).toMatchObject(isSaid ? said : { ok: false, failure: { code } });
  });

  it('stops where it is told to', async () => {
    const { outcome, steps } = await tested([only(['exp'])], AbortSignal.abort());
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    expect(steps).toEqual([]);
  });

  it('times operators at sizes that trials have', () => {
    for (const operator of ['matmul', 'qmatmul', 'add', 'softmax'] as const) {
      expect(trialSizes(operator)).toContainEqual(crowdSize(operator));
    }
  });
});

/** WASM's results, the first number of some of them changed. */
function spoiled(isWrong: (call: OperatorCall) => boolean): Kernels['run'] {
  return async (call) => {
    const result = await wasm.run(call);
    if (!result.ok || !isWrong(call)) return result;
    const bytes = result.value.bytes.slice();
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(0, -1, true);
    return succeed({ ...result.value, bytes });
  };
}

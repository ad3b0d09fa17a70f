import { expect, it } from 'vitest';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { openWebModelRunner } from '../model-web.ts';
import { trialCall } from '../trial/trial-call.ts';
import { trialSizes } from '../trial/trial-sizes.ts';
import { runTrial } from '../trial/trial.ts';
import { measureCeilings } from './measure-ceilings.ts';
import { peerKernels } from './peer-kernels.ts';

function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** Of which ONNX has no node, nor two, of the same meaning. */
const WITHOUT = [
  'rms-norm',
  'rotary',
  'attention',
  'qlinear',
] as const satisfies readonly OperatorName[];
const kernels = peerKernels(
  valueOf(await openWebModelRunner({ backend: 'wasm', wasmPaths: null })),
);
const { signal } = new AbortController();
const nowMs = () => performance.now();

it.each(OPERATORS.filter((name) => !WITHOUT.some((one) => one === name)))(
  'ONNX Runtime means the same by %s, within our tolerance',
  async (operator) => {
    const [size = [1, 1], second = size] = trialSizes(operator);
    for (const one of [size, second]) {
      const trial = valueOf(await runTrial(kernels, { operator, size: one, nowMs, signal }));
      expect(trial.held).toMatchObject({ kind: 'right' });
    }
  },
);

it.each(WITHOUT)('ONNX Runtime has no %s to compare', async (operator) => {
  const outcome = await kernels.run(trialCall(operator, [2, 64]));
  expect(outcome).toMatchObject({ ok: false, failure: { code: 'operator_unsupported' } });
});

it('ceilings are more than nothing, those of bytes above those of floats', async () => {
  const { floatsPerSecond, bytesPerSecond, ...memory } = valueOf(await measureCeilings(nowMs));
  expect(floatsPerSecond).toBeGreaterThan(1e8);
  expect(bytesPerSecond).toBeGreaterThan(floatsPerSecond);
  expect(memory.memoryPerSecond).toBeGreaterThan(1e7);
  expect(memory.copyPerSecond).toBeGreaterThan(1e7);
});

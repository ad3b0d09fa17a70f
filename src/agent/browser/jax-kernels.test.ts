import { expect, it } from 'vitest';
import { OPERATORS, type OperatorName } from '../../domain/operator.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { runTrial, trialCall, trialSizes } from '../../kernels/index.ts';
import { openJaxKernels } from './jax-kernels.ts';

function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const kernels = valueOf(await openJaxKernels('wasm'));
const { signal } = new AbortController();
const nowMs = () => performance.now();
const HERE = [
  ...(['matmul', 'add', 'sub', 'mul', 'div', 'max', 'min', 'relu', 'tanh', 'sigmoid'] as const),
  ...(['exp', 'log', 'transpose', 'softmax', 'reduce-sum', 'reduce-mean', 'reduce-max'] as const),
  ...(['gelu', 'silu'] as const),
] satisfies readonly OperatorName[];

it.each(HERE)('jax-js means the same by %s', async (operator) => {
  const [size = [1, 1], second = size] = trialSizes(operator);
  for (const one of [size, second]) {
    const trial = valueOf(await runTrial(kernels, { operator, size: one, nowMs, signal }));
    // Its logarithm of numbers near 1 is off by more than rounding: the Lab says so.
    expect(trial.held.kind).toBe(operator === 'log' ? 'wrong' : 'right');
  }
});

it.each(OPERATORS.filter((name) => !HERE.some((one) => one === name)))(
  'jax-js has no %s to compare',
  async (operator) => {
    const outcome = await kernels.run(trialCall(operator, [2, 64, 64]));
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'operator_unsupported' } });
  },
);

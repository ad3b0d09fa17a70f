import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPERATOR_INPUTS_MAX } from '../domain/limits.ts';
import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import { compareTensors } from './compare-tensors.ts';
import { definitionOf } from './definitions.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { float32Tensor } from './operator-case.ts';
import { operatorOutput } from './operator-output.ts';
import { DRAWN_OPERATORS, randomCall } from './random-calls.contract.ts';
import { runReference } from './reference.ts';
import { float32View } from './tensor-view.ts';
import { toleranceOf } from './tolerance.ts';
import { openWasmBuild, type WasmBuild } from './wasm-kernels.ts';

const SIZE = fc.integer({ min: 1, max: 300 });

async function opened(build: WasmBuild): Promise<Kernels> {
  const kernels = await openWasmBuild(build);
  if (!kernels.ok) throw new Error(kernels.failure.message);
  return kernels.value;
}

/** The error over the tolerance; infinite where a backend gives no result. */
async function worstOf(kernels: Kernels, call: OperatorCall): Promise<number> {
  const [expected, actual] = [runReference(call), await kernels.run(call)];
  if (!expected.ok || !actual.ok) return Infinity;
  const pair = { expected: expected.value, actual: actual.value };
  const compared = compareTensors({ ...pair, tolerance: toleranceOf(call) });
  return compared.kind === 'equal' ? compared.worst : Infinity;
}

function reference(call: OperatorCall): Tensor {
  const outcome = runReference(call);
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** Rows of every input that is cut by rows, and all of the others. */
function rowsOf(call: OperatorCall, row: number, rowInputs: readonly number[]): OperatorCall {
  const inputs = call.inputs.map((tensor, position) => {
    if (!rowInputs.includes(position)) return tensor;
    const [rows = 1, ...rest] = tensor.shape;
    const width = tensor.bytes.byteLength / rows;
    return {
      ...tensor,
      shape: [1, ...rest],
      bytes: tensor.bytes.slice(row * width, (row + 1) * width),
    };
  });
  return { ...call, inputs };
}

describe.each(['relaxed', 'plain'] as const)('the %s WASM build', async (build) => {
  const kernels = await opened(build);

  it.each(DRAWN_OPERATORS)('computes %s of any size within its tolerance', async (operator) => {
    await fc.assert(
      fc.asyncProperty(SIZE, SIZE, fc.nat(), async (m, n, seed) => {
        const call = randomCall(operator, { seed, m: Math.ceil(m / 8), n });
        expect(await worstOf(kernels, call)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(DRAWN_OPERATORS)('%s', (operator) => {
  const { rowInputs, needs } = definitionOf(operator);

  it('has rows that depend on the same rows of its row inputs alone', () => {
    fc.assert(
      fc.property(SIZE, SIZE, fc.nat(), (m, n, seed) => {
        const call = randomCall(operator, { seed, m: Math.ceil(m / 16), n: Math.ceil(n / 8) });
        const all = reference(call);
        const [rows = 1, ...rest] = all.shape;
        const width = all.bytes.byteLength / rows;
        for (let row = 0; row < rows; row++) {
          const one = reference(rowsOf(call, row, rowInputs));
          expect(one.shape).toEqual([1, ...rest]);
          expect(one.bytes).toEqual(all.bytes.slice(row * width, (row + 1) * width));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('has no more inputs than a node of a graph may name', () => {
    const { inputs } = randomCall(operator, { seed: 1, m: 3, n: 4 });
    expect(inputs.length).toBeLessThanOrEqual(OPERATOR_INPUTS_MAX);
  });

  it('refuses another number of inputs, another rank and an axis, and says what it needs', () => {
    const call = randomCall(operator, { seed: 1, m: 3, n: 4 });
    const [first, ...others] = call.inputs;
    if (first === undefined) throw new Error('it has inputs');
    const flat: Tensor = {
      ...first,
      shape: [first.shape.reduce((product, size) => product * size, 1), 1, 1],
    };
    for (const wrong of [
      { ...call, inputs: [] },
      { ...call, inputs: [...call.inputs, first] },
      { ...call, inputs: [flat, ...others] },
    ]) {
      expect(operatorOutput(wrong)).toMatchObject({
        ok: false,
        failure: { code: 'shape_mismatch', message: expect.stringContaining(needs) },
      });
    }
    expect(operatorOutput({ ...call, axis: 0 })).toMatchObject({ ok: false });
  });
});

// One that magnifies errors gets operands without.
const CARRYING = DRAWN_OPERATORS.filter((operator) => !definitionOf(operator).magnifiesErrors);

it.each(CARRYING)('%s carries the errors of its inputs within its tolerance', (operator) => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 1e-6, max: 0.1, noNaN: true }), (seed, error) => {
      const random = randomStream(seed, operator);
      const call = randomCall(operator, { seed, m: 5, n: 7 });
      const inputs = call.inputs.map((tensor) => {
        if (tensor.dtype !== 'float32') return tensor;
        const values = float32View(tensor).map((x) => x + (random.nextUnit() * 2 - 1) * error);
        return float32Tensor(tensor.shape, [...values]);
      });
      // Rounding the disturbed inputs to f32 disturbs them a little more.
      const carried = call.inputs.map(() => error + 2 ** -20);
      const pair = { expected: reference(call), actual: reference({ ...call, inputs }) };
      const compared = compareTensors({ ...pair, tolerance: toleranceOf(call, carried) });
      expect(compared.kind).toBe('equal');
    }),
    { numRuns: 30 },
  );
});

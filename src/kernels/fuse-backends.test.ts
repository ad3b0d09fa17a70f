import { describe, expect, it } from 'vitest';
import type { BackendName, OperatorName } from '../domain/operator.ts';
import { failure, type FailureCode } from '../domain/failure.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import type { Tensor } from '../domain/tensor.ts';
import { runConformance } from './conformance.ts';
import { choosePrimitives, fuseBackends } from './fuse-backends.ts';
import type { Kernels } from './kernels.ts';
import { float32Tensor } from './operator-case.ts';
import { float32View } from './tensor-view.ts';
import { openWasmKernels } from './wasm-kernels.ts';

async function wasm(): Promise<Kernels> {
  const kernels = await openWasmKernels();
  if (!kernels.ok) throw new Error(kernels.failure.message);
  return kernels.value;
}

/** Another backend's name over the WASM kernels, which meddles with one operator's results. */
function meddling(
  kernels: Kernels,
  of: {
    backend: BackendName;
    operator: OperatorName;
    change: (result: Outcome<Tensor>) => Outcome<Tensor>;
  },
): Kernels {
  return {
    backend: of.backend,
    operators: kernels.operators,
    lost: kernels.lost,
    close: () => kernels.close(),
    run: async (call) => {
      const result = await kernels.run(call);
      return call.operator === of.operator ? of.change(result) : result;
    },
  };
}

/** Adds a thousandth to the last element. */
function nudged(result: Outcome<Tensor>): Outcome<Tensor> {
  if (!result.ok || result.value.bytes.length === 0) return result;
  const values = float32View(result.value);
  values[values.length - 1] = (values.at(-1) ?? 0) + 1e-3;
  return result;
}

const TANH = { operator: 'tanh' as const, inputs: [float32Tensor([2], [0, Infinity])] };

describe('a backend that computes one operator wrongly', async () => {
  const right = await wasm();
  const wrong = meddling(right, { backend: 'webgpu', operator: 'tanh', change: nudged });
  const reports = [...(await runConformance(wrong)), ...(await runConformance(right))];

  it('fails that operator alone, and says where', () => {
    const failed = reports.filter((report) => !report.passed);
    expect(failed).toMatchObject([{ primitive: 'tanh', backend: 'webgpu' }]);
    expect(failed[0]?.detail).toMatch(/a scalar: element 0 is .* not .*/);
  });

  it('is passed over for that operator alone', () => {
    const chosen = choosePrimitives(reports, ['webgpu', 'wasm']);
    expect(chosen).toMatchObject({ tanh: 'wasm', matmul: 'webgpu', exp: 'webgpu' });
    expect(Object.values(chosen).filter((backend) => backend === 'wasm')).toHaveLength(1);
  });

  it('is not asked for that operator once joined with another', async () => {
    const fused = fuseBackends([wrong, right], reports);
    const result = await fused.run(TANH);
    expect(result.ok && [...float32View(result.value)]).toEqual([0, 1]);
    expect(fused.primitives).toEqual(choosePrimitives(reports, ['webgpu', 'wasm']));
  });

  it('leaves the operator out where there is no other', async () => {
    const fused = fuseBackends([wrong], reports);
    expect(fused.primitives).not.toHaveProperty('tanh');
    const result = await fused.run(TANH);
    expect(result).toMatchObject({ ok: false, failure: { code: 'operator_unsupported' } });
  });
});

describe('choosePrimitives', () => {
  it('follows the order preferred, not the order of reports', () => {
    const report = (backend: BackendName) => {
      return { primitive: 'relu', backend, passed: true, detail: '' } as const;
    };
    const reports = [report('wasm'), report('webgpu')];
    expect(choosePrimitives(reports, ['webgpu', 'wasm'])).toEqual({ relu: 'webgpu' });
    expect(choosePrimitives(reports, ['wasm', 'webgpu'])).toEqual({ relu: 'wasm' });
    expect(choosePrimitives(reports, ['native'])).toEqual({});
  });
});

describe('joined backends', async () => {
  const right = await wasm();
  const own = await runConformance(right);
  const reports = [...own.map((report) => ({ ...report, backend: 'webgpu' as const })), ...own];

  it.each([
    ['device_lost', true],
    ['out_of_memory', true],
    ['limit_exceeded', true],
    ['execution_failed', false],
    ['shape_mismatch', false],
  ] as const)('on %s try the next backend: %s', async (code: FailureCode, next) => {
    const change = () => fail(failure(code, 'made to fail'));
    const failing = meddling(right, { backend: 'webgpu', operator: 'tanh', change });
    const result = await fuseBackends([failing, right], reports).run(TANH);
    expect(result.ok).toBe(next);
  });
});

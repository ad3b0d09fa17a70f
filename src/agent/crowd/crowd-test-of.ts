import type { CrowdTest } from '../../domain/crowd-test.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { runCrowdTest, type CrowdStep } from '../../kernels/index.ts';
import { openGpu, type LaneDevice } from '../lane-survey.ts';

/**
 * Runs the crowd test on every backend of a device, a GPU first; software adapters count as any.
 *
 * Errors: those of `openWasm` and of `runCrowdTest`.
 */
export async function crowdTestOf(
  device: Pick<LaneDevice, 'openWasm' | 'openWebGpu' | 'gpu'>,
  of: {
    /** What the device is, as in a capability. */
    readonly label: string;
    /** Unix time in milliseconds. */
    readonly now: () => number;
    /** Any clock, in milliseconds. */
    readonly nowMs: () => number;
    readonly signal: AbortSignal;
    readonly onStep: (step: CrowdStep) => void;
  },
): Promise<Outcome<CrowdTest>> {
  const wasm = await device.openWasm();
  if (!wasm.ok) return wasm;
  const gpu = await openGpu(device, 'webgpu');
  const backends = gpu === null ? [wasm.value] : [gpu.kernels, wasm.value];
  try {
    const found = await runCrowdTest(backends, of);
    if (!found.ok) return found;
    const adapter = gpu?.features.adapter ?? '';
    return succeed({ label: of.label, adapter, madeAtMs: of.now(), ...found.value });
  } finally {
    for (const kernels of backends) kernels.close();
  }
}

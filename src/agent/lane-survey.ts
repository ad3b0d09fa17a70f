import type { ConformanceReport, WebGpuFeatures } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import { ADAPTER_CHARS_MAX, ADAPTER_FEATURES_MAX } from '../domain/limits.ts';
import {
  OPERATORS,
  type BackendName,
  type OperatorName,
  type PrimitiveName,
} from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  choosePrimitives,
  fuseBackends,
  runConformance,
  tryVector,
  type FusedKernels,
  type Kernels,
  type ModelRunner,
  type SpotVerdict,
} from '../kernels/index.ts';
import type { BackendChoice } from './agent-event.ts';
import { auditConformance, tryAudit } from './audit-conformance.ts';
import { isSameAdapter, usesGpu, withoutFailed, withoutGpu } from './falling-back.ts';
import type { LaneSurvey } from './lane-message.ts';

const GONE = 'the GPU could not be opened again.';

/** What differs between a lane in a browser's Worker and one in Node's worker_threads. */
export type LaneDevice = {
  readonly openWasm: () => Promise<Outcome<Kernels>>;
  /** Tuned: with products cut as is fastest here, which may take AUTOTUNE_MS_MAX. */
  readonly openWebGpu: (gpu: GPU, how: { readonly isTuned: boolean }) => Promise<Outcome<Kernels>>;
  /** The way to WebGPU adapters; null where there is none. Called only if the owner allows it. */
  readonly gpu: () => Promise<GPU | null>;
  /** What an owner can do who asked for WebGPU where no adapter is; a sentence. */
  readonly gpuRemedy: string;
  /** Backends that run models here, the preferred one first. */
  readonly modelBackends: readonly BackendName[];
  /** Loads ONNX Runtime; called when the first model task comes. */
  readonly openModelRunner: (backend: BackendName) => Promise<Outcome<ModelRunner>>;
};

/** A lane's kernels, and what they compute rightly. */
export type OpenedKernels = {
  readonly survey: LaneSurvey;
  /** Each operator where it was chosen to run, with the next backend behind it. */
  readonly kernelsFor: (operator: OperatorName) => Kernels;
  /** Tries a primitive other than models, where it runs, on one of its vectors: the next with each turn. */
  readonly tryAgain: (
    primitive: Exclude<PrimitiveName, 'model.run'>,
    turn: number,
  ) => Promise<SpotVerdict>;
  /** Settles when the GPU under the kernels is gone; never without one. */
  readonly lost: Promise<unknown>;
};

/**
 * Opens the kernels of a lane.
 *
 * Without a survey it runs the published vectors; with one it believes it, unless the adapter is
 * another by now: lanes of one device compute alike. What is known to be broken counts as failed,
 * whatever the vectors say. 'auto' passes over software adapters, which are slower than WASM.
 * Errors: those of `openWasm`, "backend_unsupported" where WebGPU was asked for by name and
 * there is none, "conformance_failed" where no operator is right.
 */
export async function openKernels(of: {
  readonly device: LaneDevice;
  readonly backend: BackendChoice;
  readonly survey: LaneSurvey | null;
  readonly broken: readonly ConformanceReport[];
}): Promise<Outcome<OpenedKernels>> {
  const { device, backend, survey, broken } = of;
  const wantsGpu = backend !== 'wasm' && (survey === null || usesGpu(survey));
  const [wasm, gpu] = await Promise.all([
    device.openWasm(),
    wantsGpu ? openGpu(device, backend) : null,
  ]);
  if (!wasm.ok) return wasm;
  if (backend === 'webgpu' && survey === null && gpu === null) {
    const text = `no WebGPU adapter is here. ${device.gpuRemedy}`;
    return fail(failure('backend_unsupported', text));
  }
  const backends: Kernels[] = gpu === null ? [wasm.value] : [gpu.kernels, wasm.value];
  const known = survey === null || !wantsGpu ? survey : believed(survey, gpu?.features ?? null);
  const webgpu = gpu?.features ?? null;
  const found =
    known ??
    withoutFailed(surveyOf({ device, reports: await conformanceOf(backends), webgpu }), broken);
  const kernels = fuseBackends(backends, found.conformance);
  if (!OPERATORS.some((operator) => operator in kernels.primitives)) {
    const text = 'every operator comes out wrong on this device: update the browser or its drivers';
    return fail(failure('conformance_failed', text));
  }
  const lost = gpu?.kernels.lost ?? new Promise<string>(() => {});
  return succeed({
    survey: found,
    lost,
    kernelsFor: (name) => oneOf(kernels, { name, lost }),
    tryAgain: async (operator, turn) => {
      if (operator === 'ledger.audit') return tryAudit();
      const chosen = backends.find((one) => one.backend === found.primitives[operator]);
      return chosen === undefined ? { kind: 'untried' } : tryVector(chosen, { operator, turn });
    },
  });
}

/** What still holds of a survey with a GPU; null: the adapter is another one, so that nothing does. */
function believed(survey: LaneSurvey, webgpu: WebGpuFeatures | null): LaneSurvey | null {
  if (webgpu === null) return withoutGpu(survey, GONE);
  return isSameAdapter(survey.webgpu, webgpu) ? survey : null;
}

function oneOf(
  fused: FusedKernels,
  of: { readonly name: OperatorName; readonly lost: Promise<string> },
): Kernels {
  const backend = fused.primitives[of.name] ?? 'wasm';
  const operators = new Set([of.name]);
  return { backend, operators, lost: of.lost, run: fused.run, close: fused.close };
}

async function conformanceOf(backends: readonly Kernels[]): Promise<ConformanceReport[]> {
  const reports: ConformanceReport[] = [];
  for (const kernels of backends) reports.push(...(await runConformance(kernels)));
  return [...reports, await auditConformance()];
}

function surveyOf(of: {
  readonly device: LaneDevice;
  readonly reports: readonly ConformanceReport[];
  readonly webgpu: WebGpuFeatures | null;
}): LaneSurvey {
  const primitives = choosePrimitives(of.reports, ['webgpu', 'wasm']);
  // A GPU whose matrix products are right is likely to run models; `openModelRunner`'s own
  // vectors decide when the first model comes.
  const gpuIsRight = primitives.matmul === 'webgpu';
  const model = of.device.modelBackends.find((name) => name !== 'webgpu' || gpuIsRight);
  return {
    primitives: model === undefined ? primitives : { ...primitives, 'model.run': model },
    conformance: of.reports,
    webgpu: of.webgpu,
  };
}

/** The GPU of a device; null where there is none, or for 'auto' a software adapter only. */
export async function openGpu(
  device: Pick<LaneDevice, 'gpu' | 'openWebGpu'>,
  backend: BackendChoice,
): Promise<{ readonly kernels: Kernels; readonly features: WebGpuFeatures } | null> {
  const gpu = await device.gpu();
  // An adapter of its own: the kernels' is used up by their device.
  const adapter = (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
  if (gpu === null || adapter === null) return null;
  if (backend === 'auto' && adapter.info.isFallbackAdapter) return null;
  // In software nothing is gained by it, and compiling takes the cores that compute.
  const opened = await device.openWebGpu(gpu, { isTuned: !adapter.info.isFallbackAdapter });
  return opened.ok ? { kernels: opened.value, features: featuresOf(adapter) } : null;
}

function featuresOf({ info, features, limits }: GPUAdapter): WebGpuFeatures {
  const names = [info.vendor, info.architecture, info.description].filter((name) => name !== '');
  return {
    adapter: names.join(' ').slice(0, ADAPTER_CHARS_MAX),
    features: [...features].map(String).slice(0, ADAPTER_FEATURES_MAX),
    maxBufferBytes: limits.maxBufferSize,
    maxStorageBufferBindingBytes: limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
  };
}

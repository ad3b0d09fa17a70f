import type { ConformanceReport, WebGpuFeatures } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import {
  ADAPTER_CHARS_MAX,
  ADAPTER_FEATURES_MAX,
  CONFORMANCE_DETAIL_CHARS_MAX,
} from '../domain/limits.ts';
import type { BackendName, OperatorName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  choosePrimitives,
  fuseBackends,
  openWasmKernels,
  openWebGpuKernels,
  runConformance,
  type FusedKernels,
  type Kernels,
  type ModelRunner,
} from '../kernels/index.ts';
import type { BackendChoice } from './agent-event.ts';
import type { LaneSurvey } from './lane-message.ts';

const GONE = 'the GPU could not be opened again.';

/** What differs between a lane in a browser's Worker and one in Node's worker_threads. */
export type LaneDevice = {
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
  /** Settles when the GPU under the kernels is gone; never without one. */
  readonly lost: Promise<unknown>;
};

/**
 * Opens the kernels of a lane.
 *
 * Without a survey it runs the published vectors; with one it believes it: lanes of one device
 * compute alike. 'auto' passes over software adapters, which are slower than WASM.
 * Errors: those of `openWasmKernels`, "backend_unsupported" where WebGPU was asked for by name and
 * there is none, "conformance_failed" where no operator is right.
 */
export async function openKernels(of: {
  readonly device: LaneDevice;
  readonly backend: BackendChoice;
  readonly survey: LaneSurvey | null;
}): Promise<Outcome<OpenedKernels>> {
  const { device, backend, survey } = of;
  const wantsGpu = backend !== 'wasm' && (survey === null || usesGpu(survey));
  const [wasm, gpu] = await Promise.all([
    openWasmKernels(),
    wantsGpu ? openGpu(device, backend) : null,
  ]);
  if (!wasm.ok) return wasm;
  if (backend === 'webgpu' && survey === null && gpu === null) {
    const text = `no WebGPU adapter is here. ${device.gpuRemedy}`;
    return fail(failure('backend_unsupported', text));
  }
  const backends: Kernels[] = gpu === null ? [wasm.value] : [gpu.kernels, wasm.value];
  // The device had a GPU when it was surveyed, and has none any more.
  const known = survey !== null && wantsGpu && gpu === null ? withoutGpu(survey, GONE) : survey;
  const reports = known?.conformance ?? (await conformanceOf(backends));
  const kernels = fuseBackends(backends, reports);
  if (Object.keys(kernels.primitives).length === 0) {
    const text = 'every operator comes out wrong on this device: update the browser or its drivers';
    return fail(failure('conformance_failed', text));
  }
  const found = known ?? surveyOf({ device, reports, webgpu: gpu?.features ?? null });
  const lost = gpu?.kernels.lost ?? new Promise<string>(() => {});
  return succeed({ survey: found, lost, kernelsFor: (name) => oneOf(kernels, { name, lost }) });
}

function oneOf(
  fused: FusedKernels,
  of: { readonly name: OperatorName; readonly lost: Promise<string> },
): Kernels {
  const backend = fused.primitives[of.name] ?? 'wasm';
  const operators = new Set([of.name]);
  return { backend, operators, lost: of.lost, run: fused.run, close: fused.close };
}

/** The same device without its GPU: what remains when that is given up, and why it was. */
export function withoutGpu(survey: LaneSurvey, why: string): LaneSurvey {
  const detail = why.slice(0, CONFORMANCE_DETAIL_CHARS_MAX);
  const conformance = survey.conformance.map((report) =>
    report.backend === 'webgpu' ? { ...report, passed: false, detail } : report,
  );
  const chosen = choosePrimitives(conformance, ['wasm']);
  const model = survey.primitives['model.run'];
  const modelRun = model === 'webgpu' ? 'wasm' : model;
  const primitives = modelRun === undefined ? chosen : { ...chosen, 'model.run': modelRun };
  return { primitives, conformance, webgpu: survey.webgpu };
}

/** Whether a survey has anything run on the GPU. */
export function usesGpu(survey: LaneSurvey): boolean {
  return Object.values(survey.primitives).includes('webgpu');
}

async function conformanceOf(backends: readonly Kernels[]): Promise<ConformanceReport[]> {
  const reports: ConformanceReport[] = [];
  for (const kernels of backends) reports.push(...(await runConformance(kernels)));
  return reports;
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

async function openGpu(
  device: LaneDevice,
  backend: BackendChoice,
): Promise<{ readonly kernels: Kernels; readonly features: WebGpuFeatures } | null> {
  const gpu = await device.gpu();
  // An adapter of its own: the kernels' is used up by their device.
  const adapter = (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
  if (gpu === null || adapter === null) return null;
  if (backend === 'auto' && adapter.info.isFallbackAdapter) return null;
  const opened = await openWebGpuKernels(gpu);
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

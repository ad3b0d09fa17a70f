import type { ConformanceReport, WebGpuFeatures } from '../domain/capability.ts';
import { CONFORMANCE_DETAIL_CHARS_MAX } from '../domain/limits.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';
import { choosePrimitives } from '../kernels/index.ts';
import type { LaneSurvey } from './lane-message.ts';

/** Backends by preference; what one fails falls back to the next that passed. */
const OPERATOR_BACKENDS = ['webgpu', 'wasm'] as const;

/** Where models run once a backend fails them. */
const NEXT_MODEL_BACKEND: Readonly<Record<BackendName, BackendName | null>> = {
  webgpu: 'wasm',
  native: 'wasm',
  wasm: null,
};

/**
 * The same device without what failed there: each primitive falls back alone, to the next backend
 * that passed it, and is left out where there is none.
 */
export function withoutFailed(
  survey: LaneSurvey,
  failed: readonly ConformanceReport[],
): LaneSurvey {
  if (failed.length === 0) return survey;
  const clipped = failed.map((report) => {
    return { ...report, detail: report.detail.slice(0, CONFORMANCE_DETAIL_CHARS_MAX) };
  });
  const { conformance: known } = survey;
  const conformance = [
    ...known.map((report) => clipped.find((one) => isSameTest(one, report)) ?? report),
    ...clipped.filter((one) => !known.some((report) => isSameTest(one, report))),
  ];
  const chosen = choosePrimitives(conformance, OPERATOR_BACKENDS);
  const model = modelBackend(survey.primitives['model.run'] ?? null, clipped);
  const primitives = model === null ? chosen : { ...chosen, 'model.run': model };
  return { ...survey, primitives, conformance };
}

/** The same device without its GPU: what remains when that is given up, and why it was. */
export function withoutGpu(survey: LaneSurvey, why: string): LaneSurvey {
  const onGpu = survey.conformance.filter(({ backend }) => backend === 'webgpu');
  const lost = onGpu.map((report) => ({ ...report, passed: false, detail: why }));
  const model: ConformanceReport[] =
    survey.primitives['model.run'] === 'webgpu'
      ? [{ primitive: 'model.run', backend: 'webgpu', passed: false, detail: why }]
      : [];
  return withoutFailed(survey, [...lost, ...model]);
}

/** Whether a survey has anything run on the GPU. */
export function usesGpu(survey: LaneSurvey): boolean {
  return Object.values(survey.primitives).includes('webgpu');
}

/** What a device computes wrongly now and did not before. */
export function newFailures(before: LaneSurvey, now: LaneSurvey): readonly ConformanceReport[] {
  const passedBefore = before.conformance.filter(({ passed }) => passed);
  return now.conformance.filter(
    (report) => !report.passed && passedBefore.some((one) => isSameTest(one, report)),
  );
}

/** Whether two surveys have the same primitives run on the same backends. */
export function isSameChoice(one: LaneSurvey, other: LaneSurvey): boolean {
  const names = Object.keys({ ...one.primitives, ...other.primitives });
  // They come from the two records themselves.
  return (names as PrimitiveName[]).every(
    (name) => one.primitives[name] === other.primitives[name],
  );
}

/** Whether two adapters are one as far as can be told: another driver may be another adapter. */
export function isSameAdapter(one: WebGpuFeatures | null, other: WebGpuFeatures | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.adapter === other.adapter &&
    one.features.toSorted().join() === other.features.toSorted().join() &&
    one.maxBufferBytes === other.maxBufferBytes &&
    one.maxStorageBufferBindingBytes === other.maxStorageBufferBindingBytes &&
    one.maxComputeWorkgroupStorageBytes === other.maxComputeWorkgroupStorageBytes
  );
}

function modelBackend(
  preferred: BackendName | null,
  failed: readonly ConformanceReport[],
): BackendName | null {
  let backend = preferred;
  while (
    backend !== null &&
    failed.some((one) => one.primitive === 'model.run' && one.backend === backend)
  ) {
    backend = NEXT_MODEL_BACKEND[backend];
  }
  return backend;
}

function isSameTest(one: ConformanceReport, other: ConformanceReport): boolean {
  return one.primitive === other.primitive && one.backend === other.backend;
}

import { create } from '@bufbuild/protobuf';
import type { Capability, ConformanceReport, WebGpuFeatures } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import {
  ADAPTER_CHARS_MAX,
  ADAPTER_FEATURES_MAX,
  CONFORMANCE_DETAIL_CHARS_MAX,
} from '../domain/limits.ts';
import { PRIMITIVES, type BackendName, type PrimitiveName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  AgentKind,
  Backend,
  CapabilitySchema,
  ConformanceReportSchema,
  PrimitiveSupportSchema,
  WebGpuFeaturesSchema,
  type Capability as WireCapability,
  type ConformanceReport as WireConformanceReport,
  type WebGpuFeatures as WireWebGpuFeatures,
} from './gen/manyhands/agents/v1/capability_pb.ts';
import { collect } from './collect.ts';
import { nameTable } from './name-table.ts';
import { numberFromWide } from './wide-integer.ts';

const BACKEND = nameTable<BackendName, Backend>({
  webgpu: Backend.WEBGPU,
  wasm: Backend.WASM,
  native: Backend.NATIVE,
});
const KIND = nameTable<Capability['kind'], AgentKind>({
  browser: AgentKind.BROWSER,
  native: AgentKind.NATIVE,
});
const KNOWN_PRIMITIVES: ReadonlySet<string> = new Set(PRIMITIVES);

export function backendToWire(backend: BackendName): Backend {
  return BACKEND.toWire(backend);
}

export function backendFromWire(value: number): Outcome<BackendName> {
  const backend = BACKEND.fromWire(value);
  return backend === null
    ? fail(failure('input_invalid', `backend ${value} is not known here`))
    : succeed(backend);
}

export function agentKindToWire(kind: Capability['kind']): AgentKind {
  return KIND.toWire(kind);
}

/** Null where the agent is of a kind that this build does not know. */
export function agentKindFromWire(value: AgentKind): Capability['kind'] | null {
  return KIND.fromWire(value);
}

export function capabilityToWire(capability: Capability): WireCapability {
  const { features } = capability;
  return create(CapabilitySchema, {
    kind: KIND.toWire(capability.kind),
    label: capability.label,
    lanes: capability.lanes,
    memoryBytes: BigInt(capability.memoryBytes),
    logicalCores: capability.logicalCores,
    wasmSimd: features.wasmSimd,
    wasmRelaxedSimd: features.wasmRelaxedSimd,
    wasmThreads: features.wasmThreads,
    ...(features.webgpu !== null && { webgpu: webgpuToWire(features.webgpu) }),
    primitives: Object.entries(capability.primitives).map(([primitive, backend]) =>
      create(PrimitiveSupportSchema, { primitive, backend: BACKEND.toWire(backend) }),
    ),
  });
}

/** Primitives that this build does not know are left out: a newer agent may have more. */
export function capabilityFromWire(message: WireCapability | undefined): Outcome<Capability> {
  if (message === undefined) return fail(failure('input_malformed', 'the capability is missing'));
  const kind = KIND.fromWire(message.kind);
  if (kind === null) return fail(failure('input_invalid', 'the kind of agent is not known here'));
  const memoryBytes = numberFromWide(message.memoryBytes, 'memory_bytes');
  if (!memoryBytes.ok) return memoryBytes;
  const webgpu = message.webgpu === undefined ? succeed(null) : webgpuFromWire(message.webgpu);
  if (!webgpu.ok) return webgpu;
  const primitives: Partial<Record<PrimitiveName, BackendName>> = {};
  for (const support of message.primitives) {
    const backend = BACKEND.fromWire(support.backend);
    if (backend !== null && isPrimitive(support.primitive)) primitives[support.primitive] = backend;
  }
  return succeed({
    kind,
    label: message.label,
    lanes: message.lanes,
    memoryBytes: memoryBytes.value,
    logicalCores: message.logicalCores,
    features: {
      wasmSimd: message.wasmSimd,
      wasmRelaxedSimd: message.wasmRelaxedSimd,
      wasmThreads: message.wasmThreads,
      webgpu: webgpu.value,
    },
    primitives,
  });
}

export function conformanceToWire(reports: readonly ConformanceReport[]): WireConformanceReport[] {
  return reports.map((report) =>
    create(ConformanceReportSchema, {
      primitive: report.primitive,
      backend: BACKEND.toWire(report.backend),
      passed: report.passed,
      detail: report.detail.slice(0, CONFORMANCE_DETAIL_CHARS_MAX),
    }),
  );
}

export function conformanceFromWire(
  messages: readonly WireConformanceReport[],
): Outcome<ConformanceReport[]> {
  const known = messages.filter((message) => isPrimitive(message.primitive));
  return collect(known, (message): Outcome<ConformanceReport> => {
    const backend = backendFromWire(message.backend);
    if (!backend.ok) return backend;
    const { primitive, passed, detail } = message;
    if (!isPrimitive(primitive)) return fail(failure('input_invalid', `unknown: ${primitive}`));
    return succeed({ primitive, backend: backend.value, passed, detail });
  });
}

function isPrimitive(name: string): name is PrimitiveName {
  return KNOWN_PRIMITIVES.has(name);
}

function webgpuToWire(features: WebGpuFeatures): WireWebGpuFeatures {
  return create(WebGpuFeaturesSchema, {
    adapter: features.adapter.slice(0, ADAPTER_CHARS_MAX),
    features: features.features.slice(0, ADAPTER_FEATURES_MAX),
    maxBufferBytes: BigInt(features.maxBufferBytes),
    maxStorageBufferBindingBytes: BigInt(features.maxStorageBufferBindingBytes),
    maxComputeWorkgroupStorageBytes: BigInt(features.maxComputeWorkgroupStorageBytes),
  });
}

function webgpuFromWire(message: WireWebGpuFeatures): Outcome<WebGpuFeatures> {
  const sizes = collect(
    [
      message.maxBufferBytes,
      message.maxStorageBufferBindingBytes,
      message.maxComputeWorkgroupStorageBytes,
    ],
    (value) => numberFromWide(value, 'a WebGPU limit'),
  );
  if (!sizes.ok) return sizes;
  const [
    maxBufferBytes = 0,
    maxStorageBufferBindingBytes = 0,
    maxComputeWorkgroupStorageBytes = 0,
  ] = sizes.value;
  return succeed({
    adapter: message.adapter,
    features: message.features,
    maxBufferBytes,
    maxStorageBufferBindingBytes,
    maxComputeWorkgroupStorageBytes,
  });
}

import type { BackendName, PrimitiveName } from './operator.ts';

/** What a device is and offers, as its agent found it; a hint for scheduling, never trusted. */
export type Capability = {
  readonly kind: 'browser' | 'native';
  /** Free text for people: "Chromium 156, Linux". At most DEVICE_LABEL_CHARS_MAX. */
  readonly label: string;
  /** Tasks that it runs at once. */
  readonly lanes: number;
  /** Memory that its owner lends, for all lanes together. */
  readonly memoryBytes: number;
  readonly logicalCores: number;
  readonly features: DeviceFeatures;
  /** Which backend runs each primitive here, after conformance and fallback; absent: cannot. */
  readonly primitives: Readonly<Partial<Record<PrimitiveName, BackendName>>>;
};

/** What an offer lends to one task: its lanes share the memory. */
export function laneBytes({
  memoryBytes,
  lanes,
}: Pick<Capability, 'memoryBytes' | 'lanes'>): number {
  return Math.floor(memoryBytes / Math.max(1, lanes));
}

export type DeviceFeatures = {
  readonly wasmSimd: boolean;
  readonly wasmRelaxedSimd: boolean;
  readonly wasmThreads: boolean;
  /** Null where there is no adapter. */
  readonly webgpu: WebGpuFeatures | null;
};

export type WebGpuFeatures = {
  /** Vendor, architecture and description as the adapter tells them; may be empty. */
  readonly adapter: string;
  readonly features: readonly string[];
  readonly maxBufferBytes: number;
  readonly maxStorageBufferBindingBytes: number;
  readonly maxComputeWorkgroupStorageBytes: number;
};

/** One primitive's published vectors, run on one backend when an agent joins. */
export type ConformanceReport = {
  readonly primitive: PrimitiveName;
  readonly backend: BackendName;
  readonly passed: boolean;
  /** Largest error over tolerance, or why it could not run; for people. */
  readonly detail: string;
};

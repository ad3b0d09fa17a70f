import type { AgentLimits, BackendChoice } from '../agent/browser/index.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const STORAGE_KEY = 'manyhands.limits';
/** Amounts of memory that may be lent, as far as the device has twice as much. Bytes. */
const MEMORY_STEPS = [256 * MIB, 512 * MIB, GIB, 2 * GIB, 4 * GIB, 8 * GIB];
const MEMORY_DEFAULT_BYTES = GIB;
/** What a device is taken to have where the browser does not say. Bytes. */
const MEMORY_ASSUMED_BYTES = 4 * GIB;

/** What the device offers, out of which its owner lends. */
export type DeviceRoom = {
  readonly logicalCores: number;
  /** Amounts of memory to choose from, growing; at least one. */
  readonly memorySteps: readonly number[];
};

/** The room of this device, as far as the browser tells. */
export function deviceRoom(device: {
  readonly hardwareConcurrency: number;
  /** Gibibytes; missing in browsers that do not tell. */
  readonly deviceMemory?: number;
}): DeviceRoom {
  const memoryBytes =
    device.deviceMemory === undefined ? MEMORY_ASSUMED_BYTES : device.deviceMemory * GIB;
  const fitting = MEMORY_STEPS.filter((step) => step * 2 <= memoryBytes);
  return {
    logicalCores: Math.max(1, device.hardwareConcurrency),
    memorySteps: fitting.length > 0 ? fitting : MEMORY_STEPS.slice(0, 1),
  };
}

/** What is lent unless its owner says otherwise: half of the cores, so that the rest stays quick. */
export function defaultLimits(room: DeviceRoom): AgentLimits {
  return {
    lanes: Math.max(1, Math.floor(room.logicalCores / 2)),
    memoryBytes: nearestStep(room, MEMORY_DEFAULT_BYTES),
    backend: 'auto',
  };
}

/** Limits out of storage, fitted to the device; whatever does not parse is the default. */
export function limitsFromText(stored: string | null, room: DeviceRoom): AgentLimits {
  const defaults = defaultLimits(room);
  const read = parsedObject(stored);
  return {
    lanes: isCount(read['lanes'])
      ? Math.min(Math.max(1, read['lanes']), room.logicalCores)
      : defaults.lanes,
    memoryBytes: isCount(read['memoryBytes'])
      ? nearestStep(room, read['memoryBytes'])
      : defaults.memoryBytes,
    backend: isBackendChoice(read['backend']) ? read['backend'] : defaults.backend,
  };
}

/** Limits as they were left, or the defaults where storage is closed to this page. */
export function rememberedLimits(room: DeviceRoom): AgentLimits {
  try {
    return limitsFromText(localStorage.getItem(STORAGE_KEY), room);
  } catch {
    return defaultLimits(room);
  }
}

/** Keeps limits for the next visit; where storage is closed they last as long as the tab. */
export function rememberLimits(limits: AgentLimits): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(limits));
  } catch {
    // Private browsing or a full quota: nothing that the person needs to do anything about.
  }
}

function nearestStep(room: DeviceRoom, bytes: number): number {
  return room.memorySteps.findLast((step) => step <= bytes) ?? room.memorySteps[0] ?? bytes;
}

function parsedObject(stored: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(stored ?? '{}');
    // Any object is a record of unknowns; its fields are checked one by one.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isBackendChoice(value: unknown): value is BackendChoice {
  return value === 'auto' || value === 'webgpu' || value === 'wasm';
}

// The values that the WebGPU specification gives to GPUBufferUsage and GPUMapMode: Node has the
// interface but not the globals.
export const USAGE = { mapRead: 1, copyFrom: 4, copyTo: 8, uniform: 0x40, storage: 0x80 } as const;
export const STORAGE = USAGE.storage | USAGE.copyTo | USAGE.copyFrom;
export const STAGING = USAGE.mapRead | USAGE.copyTo;
export const UNIFORM = USAGE.uniform | USAGE.copyTo;
export const MAP_READ = 1;
/** Room for the `Sizes` of every shader. */
export const SIZES_BYTES = 32;

/** Optional features that shaders have variants for. */
const FEATURES = ['subgroups'] as const;

/** A device of its own on the strongest adapter, with all the memory that the adapter grants. */
export type OpenedDevice = { readonly adapter: GPUAdapter; readonly device: GPUDevice };

/**
 * Opens a device; `gpu` is `navigator.gpu`, or Dawn's in Node. Null: there is no adapter. Rejects
 * where the adapter gives none.
 */
export async function openGpuDevice(gpu: GPU): Promise<OpenedDevice | null> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return null;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
  return { adapter, device: await adapter.requestDevice({ requiredLimits, requiredFeatures }) };
}

/** Whether shaders on this device may pass values within subgroups. */
export function hasSubgroups(device: GPUDevice): boolean {
  return device.features.has('subgroups');
}

/** Whether shaders may use dot products of packed bytes. */
export function hasPackedDot(gpu: GPU): boolean {
  return gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product');
}

/** Does something on the device; rejects where the device finds fault with it. */
export async function withoutError<Done>(
  device: GPUDevice,
  submit: () => Done | Promise<Done>,
): Promise<Done> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  // Up to here nothing is awaited: scopes of what else runs on the device do not mix.
  const done = Promise.resolve(submit());
  const scopes = [device.popErrorScope(), device.popErrorScope()];
  const [, ...errors] = await Promise.all([done, ...scopes]);
  const wrong = errors.find((error) => error !== null);
  if (wrong) throw new Error(wrong.message);
  return done;
}

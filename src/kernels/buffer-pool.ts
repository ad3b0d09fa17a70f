import { GPU_POOL_BYTES_MAX } from '../domain/limits.ts';

/** GPU buffers kept for the next call: making one costs more than a small kernel. */
export type BufferPool = {
  /** A buffer of at least this size; its contents are whatever it last held. */
  take(of: { bytes: number; usage: number }): GPUBuffer;
  /** Gives a buffer back; it is destroyed where the pool holds enough. */
  give(buffer: GPUBuffer): void;
};

const MIB = 1024 * 1024;

/** Makes an empty pool on a device. */
export function bufferPool(device: GPUDevice): BufferPool {
  const free = new Map<string, GPUBuffer[]>();
  let freeBytes = 0;
  return {
    take({ bytes, usage }) {
      const size = Math.min(roundedSize(bytes), Math.max(device.limits.maxBufferSize, bytes));
      const kept = free.get(`${usage}/${size}`)?.pop();
      if (!kept) return device.createBuffer({ size, usage });
      freeBytes -= size;
      return kept;
    },
    give(buffer) {
      if (freeBytes + buffer.size > GPU_POOL_BYTES_MAX) {
        buffer.destroy();
        return;
      }
      const key = `${buffer.usage}/${buffer.size}`;
      free.set(key, [...(free.get(key) ?? []), buffer]);
      freeBytes += buffer.size;
    },
  };
}

/** Few different sizes, so that buffers fit again: powers of two, from a MiB on whole MiB. */
function roundedSize(bytes: number): number {
  if (bytes > MIB) return Math.ceil(bytes / MIB) * MIB;
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
}

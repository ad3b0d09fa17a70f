// Below, a copy costs less than handing over.
const MOVED_BYTES_MIN = 64 * 1024;

/**
 * What of these values can go to another thread without a copy: large bytes that have a buffer of
 * their own. The sender must not use them any more.
 */
export function movableIn(values: readonly unknown[]): ArrayBuffer[] {
  return values.flatMap((value) => {
    if (!(value instanceof Uint8Array) || value.byteLength < MOVED_BYTES_MIN) return [];
    const { buffer } = value;
    return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
  });
}

/** The same bytes where WebCrypto takes them: it refuses views of shared memory, so those copy. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // The check is the proof: only the buffer's type differs.
  if (bytes.buffer instanceof ArrayBuffer) return bytes as Uint8Array<ArrayBuffer>;
  return new Uint8Array(bytes);
}

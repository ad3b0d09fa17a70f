/** Gives a buffer of so many bytes to write into; what it held before is over. */
export type Scratch = (byteLength: number) => Uint8Array;

/** A buffer of its own each time, of zeros. */
export function freshMemory(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength);
}

/** One buffer that grows: fresh memory costs many times what it costs to copy into what is here. */
export function growingScratch(): Scratch {
  let bytes = new Uint8Array();
  return (byteLength) => {
    if (bytes.byteLength < byteLength) bytes = new Uint8Array(byteLength);
    return bytes.subarray(0, byteLength);
  };
}

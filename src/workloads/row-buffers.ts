import type { Scratch } from '../domain/scratch.ts';

/**
 * Buffers for rows of a stage's tensors: the next rows of one go where the last ones were, so that
 * those must be done with by then.
 */
export class RowBuffers {
  readonly #buffers = new Map<string, Uint8Array>();

  /** That of a stage's tensor. */
  of(name: string): Scratch {
    return (byteLength) => {
      let buffer = this.#buffers.get(name);
      if (buffer === undefined || buffer.byteLength < byteLength) {
        buffer = new Uint8Array(byteLength);
        this.#buffers.set(name, buffer);
      }
      return buffer.subarray(0, byteLength);
    };
  }

  /** Lets all of them go if they take more than `bytesMax`. */
  keepWithin(bytesMax: number): void {
    let bytes = 0;
    for (const { byteLength } of this.#buffers.values()) bytes += byteLength;
    if (bytes > bytesMax) this.#buffers.clear();
  }
}

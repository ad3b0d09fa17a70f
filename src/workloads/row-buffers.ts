import { growingScratch, type Scratch } from '../domain/scratch.ts';

/**
 * Buffers for rows of a stage's tensors: the next rows of one go where the last ones were, so that
 * those must be done with by then.
 */
export class RowBuffers {
  readonly #buffers = new Map<string, Scratch>();

  /** That of a stage's tensor. */
  of(name: string): Scratch {
    const known = this.#buffers.get(name) ?? growingScratch();
    this.#buffers.set(name, known);
    return known;
  }
}

import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { freshMemory, type Scratch } from '../domain/scratch.ts';
import { elementBytes, elementCount, rowBytes, type Tensor } from '../domain/tensor.ts';
import type { StageOutput } from '../domain/work.ts';

/** One output of a task while its rows are filled in, part by part. */
class OutputRows {
  readonly output: StageOutput;
  readonly #rowCount: number;
  readonly #bytes: Uint8Array;

  private constructor(output: StageOutput, rows: { count: number; bytes: Uint8Array }) {
    this.output = output;
    this.#rowCount = rows.count;
    this.#bytes = rows.bytes;
  }

  /** Errors: out_of_memory. */
  static open(output: StageOutput, rowCount: number): Outcome<OutputRows> {
    const size = rowCount * elementBytes(output.dtype) * elementCount(output.rowShape);
    try {
      const bytes = new Uint8Array(size);
      return succeed(new OutputRows(output, { count: rowCount, bytes }));
    } catch {
      // The only error of this constructor for a natural number: no such memory.
      const text = `the output "${output.name}" of ${size} bytes does not fit here`;
      return fail(failure('out_of_memory', `${text}: lend more memory`));
    }
  }

  /** Where some rows go, for who computes them: of other sizes than theirs, fresh memory. */
  room({ start, count }: { start: number; count: number }): Scratch {
    const size = rowBytes(this.tensor());
    const rows = this.#bytes.subarray(start * size, (start + count) * size);
    return (byteLength) => (byteLength === rows.byteLength ? rows : freshMemory(byteLength));
  }

  /**
   * Takes the first `count` rows of a part; `rowShape` without the rows where the part is one row.
   * What lies in their `room` is there already.
   *
   * Errors: shape_mismatch (names the output).
   */
  put(part: Tensor, at: { start: number; count: number; shape: readonly number[] }): Outcome<void> {
    const { name, dtype } = this.output;
    const same =
      part.dtype === dtype &&
      part.shape.length === at.shape.length &&
      at.shape.every((size, axis) => size === part.shape[axis]);
    if (!same) {
      const got = `${part.dtype} [${part.shape.join(',')}]`;
      const wanted = `${dtype} [${at.shape.join(',')}]`;
      const text = `output "${name}" came out as ${got} where its rows need ${wanted}`;
      return fail(failure('shape_mismatch', `${text}: it cannot be cut by rows`));
    }
    const size = rowBytes(this.tensor());
    const isThere =
      part.bytes.buffer === this.#bytes.buffer && part.bytes.byteOffset === at.start * size;
    if (!isThere) this.#bytes.set(part.bytes.subarray(0, at.count * size), at.start * size);
    return succeed(undefined);
  }

  tensor(): Tensor {
    const { dtype, rowShape } = this.output;
    return { dtype, shape: [this.#rowCount, ...rowShape], bytes: this.#bytes };
  }
}

/** Opens all outputs of a task. Errors: out_of_memory. */
export function openOutputs(
  outputs: readonly StageOutput[],
  rowCount: number,
): Outcome<readonly OutputRows[]> {
  const opened: OutputRows[] = [];
  for (const output of outputs) {
    const rows = OutputRows.open(output, rowCount);
    if (!rows.ok) return rows;
    opened.push(rows.value);
  }
  return succeed(opened);
}

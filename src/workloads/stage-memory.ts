import type { Requirement, StageInput, StageWork } from '../domain/work.ts';
import type { TensorType } from './job-plan.ts';

/** A stage by programs, types and shapes alone; every StageWork is one. */
export type StageTypes = Pick<StageWork, 'program' | 'outputs'> & {
  readonly inputs: readonly (Pick<StageInput, 'name' | 'cut'> & { readonly tensor: TensorType })[];
};

/**
 * The most that a task of a stage holds at once where it is computed, by its rows.
 *
 * Counted are the tensors that it reads, makes and puts out, each as often as it lies in memory, and
 * the runtime around them. Not counted is what a lane keeps from one task to the next, which has
 * limits of its own.
 */
export type StageMemory = {
  /** Whatever its rows: the runtime, the model, whole inputs. Bytes. */
  readonly fixedBytes: number;
  /** Held for every row of the task until it ends. Bytes. */
  readonly rowBytes: number;
  /** Held for every row that is computed at once. Bytes. */
  readonly passBytes: number;
  /** Rows that are computed at once, at most. */
  readonly passRowsMax: number;
};

/** What a task of so many rows holds at most. Bytes. */
export function taskBytes(memory: StageMemory, rows: number): number {
  const passRows = Math.min(rows, memory.passRowsMax);
  return memory.fixedBytes + rows * memory.rowBytes + passRows * memory.passBytes;
}

/**
 * The memory of a requirement whose smallest task has `rows` rows.
 *
 * What further rows take only falls where more rows come than are computed at once, so a task of
 * r rows never holds more than memoryBytes + (r - rows) * rowBytes.
 */
export function memoryRequirement(
  memory: StageMemory,
  rows: number,
): Pick<Requirement, 'memoryBytes' | 'rowBytes'> {
  const { rowBytes, passBytes, passRowsMax } = memory;
  return {
    memoryBytes: taskBytes(memory, rows),
    rowBytes: rowBytes + (rows < passRowsMax ? passBytes : 0),
  };
}

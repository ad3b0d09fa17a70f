import { elementBytes, elementCount, rowBytes } from '../../domain/tensor.ts';
import type { StageMemory, StageTypes } from '../stage-memory.ts';

/** Of the code that verifies signatures, and what it keeps of keys. Bytes. */
const FIXED_BYTES = 8 * 1024 * 1024;

/** What a task of an audit holds at most: its rows, and what it found of them. */
export function auditMemory({ inputs, outputs }: Omit<StageTypes, 'program'>): StageMemory {
  let heldBytes = 0;
  for (const { tensor } of inputs) heldBytes += rowBytes(tensor);
  for (const { dtype, rowShape } of outputs) {
    heldBytes += elementBytes(dtype) * elementCount(rowShape);
  }
  return { fixedBytes: FIXED_BYTES, rowBytes: heldBytes, passBytes: 0, passRowsMax: 1 };
}

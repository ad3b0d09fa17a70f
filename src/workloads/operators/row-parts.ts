import type { RowRange } from '../../domain/tensor.ts';

/** Cuts rows into parts of at most so many, in order. */
export function rowParts({ start, end }: RowRange, most: number): RowRange[] {
  const parts: RowRange[] = [];
  for (let from = start; from < end; from += most) {
    parts.push({ start: from, end: Math.min(end, from + most) });
  }
  return parts;
}

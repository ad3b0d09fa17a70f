import type { ColumnRange } from '../column-range.ts';

/** Panels are packed two at a time, of 8 columns each: see product-pack.as.ts. */
const STEP = 16;

/**
 * Cuts the columns of a right matrix into at most `count` parts; the first is done by who cuts.
 *
 * Each part is computed as it would be within the whole, because none but the last ends within a
 * panel. The first part is smaller by `ownWork`: what its thread does besides, as a share of the work
 * of all columns.
 */
export function columnParts(
  columns: number,
  { count, ownWork }: { readonly count: number; readonly ownWork: number },
): readonly ColumnRange[] {
  const steps = Math.ceil(columns / STEP);
  const parts = Math.max(1, Math.min(count, steps));
  const others = parts - 1;
  const fair = Math.round((steps * (1 - others * ownWork)) / parts);
  // Each has something to do.
  const own = Math.max(1, Math.min(fair, steps - others));
  const startOf = (index: number): number => {
    if (index === 0) return 0;
    return Math.min(columns, STEP * (own + Math.floor(((steps - own) * (index - 1)) / others)));
  };
  return Array.from({ length: parts }, (_, index) => ({
    start: startOf(index),
    end: index === others ? columns : startOf(index + 1),
  }));
}

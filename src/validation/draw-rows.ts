import { assert } from '../domain/assert.ts';
import type { RandomStream } from '../domain/random.ts';
import type { RowRange } from '../domain/tensor.ts';

/**
 * Draws the rows of a result that are recomputed: this share of them, rounded up, at least one.
 *
 * Every set of that size is equally likely, so a result with `wrong` wrong rows out of `n` passes
 * a draw of `k` with a chance of at most (1 - wrong / n)^k. The stream must be seeded after the
 * result was reported, or the agent could know which rows not to care for.
 *
 * Returns ascending ranges that do not touch.
 * Source: Bentley and Floyd 1987, sampling without replacement.
 */
export function drawRows(of: {
  readonly rows: RowRange;
  /** In (0, 1]. */
  readonly share: number;
  readonly random: RandomStream;
}): readonly RowRange[] {
  const { rows, share, random } = of;
  const count = rows.end - rows.start;
  assert(count > 0 && share > 0 && share <= 1, 'rows are drawn from some, and a share of them');
  const drawn = drawnOf(count, share);
  if (drawn >= count) return [rows];
  const chosen = new Set<number>();
  for (let last = count - drawn; last < count; last++) {
    const candidate = random.nextBelow(last + 1);
    chosen.add(chosen.has(candidate) ? last : candidate);
  }
  return joined([...chosen].toSorted((a, b) => a - b).map((row) => row + rows.start));
}

/** Whether a draw of this share takes all rows there are. */
export function drawsAll(of: { readonly rows: RowRange; readonly share: number }): boolean {
  const count = of.rows.end - of.rows.start;
  return drawnOf(count, of.share) >= count;
}

function drawnOf(count: number, share: number): number {
  return Math.max(1, Math.ceil(share * count));
}

function joined(ascending: readonly number[]): RowRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const row of ascending) {
    const before = ranges.at(-1);
    if (before?.end === row) before.end = row + 1;
    else ranges.push({ start: row, end: row + 1 });
  }
  return ranges;
}

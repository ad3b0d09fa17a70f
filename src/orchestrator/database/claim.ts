import { decode, encode } from 'cborg';
import { assert } from '../../domain/assert.ts';
import type { RowRange } from '../../domain/tensor.ts';

/** A block of rows of one stage. */
export type Claim = { readonly stageId: number; readonly rows: RowRange };

/** Whose result has which rows: the lease is one of the claim's stream. */
export type ClaimResult = { readonly lease: number; readonly rows: RowRange };

/** A result by the stream that it was reported to. */
export type StreamResult = ClaimResult & { readonly stream: number };

/** Who acts, for which stream: its own, or one that it adopted. */
export type Actor = { readonly member: number; readonly stream: number };

export type Run = { readonly rows: RowRange; readonly results: readonly ClaimResult[] };

/** Results that lie side by side, together. */
export function runsOf(results: readonly ClaimResult[]): readonly Run[] {
  const sorted = results.toSorted((a, b) => a.rows.start - b.rows.start);
  const runs: { rows: RowRange; results: ClaimResult[] }[] = [];
  for (const result of sorted) {
    const last = runs.at(-1);
    if (last?.rows.end === result.rows.start) {
      last.rows = { start: last.rows.start, end: result.rows.end };
      last.results.push(result);
    } else {
      runs.push({ rows: result.rows, results: [result] });
    }
  }
  return runs;
}

/** What of some rows lies in none of the ranges. */
export function gapsOf(rows: RowRange, ranges: readonly RowRange[]): readonly RowRange[] {
  const gaps: RowRange[] = [];
  let start = rows.start;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    if (range.start > start) gaps.push({ start, end: range.start });
    start = range.end;
  }
  if (start < rows.end) gaps.push({ start, end: rows.end });
  return gaps;
}

/** No row of a claim is without a result, and none has two. */
export function assertTiled(rows: RowRange, results: readonly ClaimResult[]): void {
  let at = rows.start;
  for (const result of results) {
    assert(result.rows.start === at && result.rows.end > at, 'results lie side by side');
    at = result.rows.end;
  }
  assert(at === rows.end, 'results have all rows of their claim');
}

/** As lease and end of each, for each begins where the one before ends. */
export function resultsToBytes(results: readonly ClaimResult[]): Uint8Array {
  const start = results[0]?.rows.start ?? 0;
  return encode([start, ...results.flatMap(({ lease, rows }) => [lease, rows.end])]);
}

export function resultsFromBytes(bytes: Uint8Array): readonly ClaimResult[] {
  // Written by `resultsToBytes`.
  const [first = 0, ...numbers] = decode(bytes) as number[];
  const results: ClaimResult[] = [];
  let start = first;
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const [lease = 0, end = 0] = numbers.slice(index, index + 2);
    results.push({ lease, rows: { start, end } });
    start = end;
  }
  return results;
}

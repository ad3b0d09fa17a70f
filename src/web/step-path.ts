/** A value and the instant since which it holds. */
export type ChartPoint = { readonly atMs: number; readonly value: number };

/**
 * An SVG path through points in time order: level until the next point, then a step. Time fills
 * the width from the first point to the last, values the height from 0 to the largest.
 */
export function stepPath(
  points: readonly ChartPoint[],
  size: { width: number; height: number },
): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return `M0 ${size.height}H${size.width}`;
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const peak = Math.max(1, ...points.map((point) => point.value));
  const x = (atMs: number) => rounded(((atMs - first.atMs) / spanMs) * size.width);
  const y = (value: number) => rounded(size.height - (value / peak) * size.height);
  const steps = points.slice(1).map((point) => `H${x(point.atMs)}V${y(point.value)}`);
  const end = points.length === 1 ? `H${size.width}` : '';
  return `M0 ${y(first.value)}${steps.join('')}${end}`;
}

/**
 * A history with one more point, of at most `pointsMax`: when it is full every second point of the
 * older part goes, so that it always reaches back to the beginning.
 */
export function withPoint(
  history: readonly ChartPoint[],
  point: ChartPoint,
  pointsMax: number,
): readonly ChartPoint[] {
  const last = history.at(-1);
  if (last !== undefined && last.value === point.value) return history;
  const extended = [...history, point];
  if (extended.length <= pointsMax) return extended;
  return extended.filter((_, index) => index % 2 === 0 || index >= extended.length - 2);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

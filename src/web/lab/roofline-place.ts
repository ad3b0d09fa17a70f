import { placeOn, type Point, type Roofline } from './roofline.ts';

// The drawing, in units of its own: it fills the width that there is.
export const [WIDTH, HEIGHT] = [640, 360];
/** Room for words around the plot. */
export const INSET = { left: 72, right: 24, top: 36, bottom: 68 } as const;

/** Where a point of a chart is in its drawing. */
export function placeIn(chart: Roofline, { x, y }: Point): Point {
  return { x: xIn(chart, x), y: yIn(chart, y) };
}

export function xIn({ x }: Roofline, value: number): number {
  return INSET.left + placeOn(x, value) * (WIDTH - INSET.left - INSET.right);
}

export function yIn({ y }: Roofline, value: number): number {
  const height = HEIGHT - INSET.top - INSET.bottom;
  return INSET.top + (1 - placeOn(y, value)) * height;
}

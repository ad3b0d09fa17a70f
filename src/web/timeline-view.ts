import type { Lane, Moment, SpanKind, Timeline } from '../simulation/timeline.ts';

/** Height of one lane, and of what is drawn in it. CSS pixels. */
export const LANE_PX = 20;
const BAR_PX = 12;
/** Width in which a timeline is drawn before it is stretched. */
export const DRAWN_WIDTH = 1_000;

/** All spans of one kind as one path, so that thousands cost no more than a few. */
export function pathOf(timeline: Timeline, kind: SpanKind): string {
  const parts: string[] = [];
  for (const [index, lane] of timeline.lanes.entries()) {
    // Presence is a thin line under what is done.
    const height = kind === 'up' ? 2 : BAR_PX;
    const top = index * LANE_PX + (LANE_PX - height) / 2;
    for (const span of lane.spans) {
      if (span.kind !== kind) continue;
      const from = xOf(timeline, span.fromMs);
      const width = Math.max(0.8, xOf(timeline, span.toMs) - from);
      parts.push(`M${from.toFixed(1)} ${top}h${width.toFixed(1)}v${height}h-${width.toFixed(1)}z`);
    }
  }
  return parts.join('');
}

/** Crashes and momentary faults as one path of strokes. */
export function marksOf(timeline: Timeline): string {
  const parts: string[] = [];
  for (const [index, lane] of timeline.lanes.entries()) {
    for (const atMs of lane.marksMs) {
      parts.push(`M${xOf(timeline, atMs).toFixed(1)} ${index * LANE_PX + 2}v${LANE_PX - 4}`);
    }
  }
  return parts.join('');
}

/** Where an instant stands, from 0 to DRAWN_WIDTH. */
export function xOf({ endMs }: Pick<Timeline, 'endMs'>, atMs: number): number {
  return (atMs / Math.max(1, endMs)) * DRAWN_WIDTH;
}

/** The moment nearest to an instant; of those as near, the first. -1 where there is none. */
export function nearestMoment(moments: readonly Moment[], atMs: number): number {
  let best = -1;
  let bestMs = Infinity;
  for (const [index, moment] of moments.entries()) {
    const distanceMs = Math.abs(moment.atMs - atMs);
    if (distanceMs >= bestMs) continue;
    best = index;
    bestMs = distanceMs;
  }
  return best;
}

/** How many spans of a kind a lane has. */
export function countSpans({ spans }: Lane, kind: SpanKind): number {
  return spans.filter((span) => span.kind === kind).length;
}

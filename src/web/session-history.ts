import type { SupervisedAgent } from '../agent/browser/index.ts';
import { withPoint, type ChartPoint } from './step-path.ts';

/** Points kept: as fine as a chart can show. Count. */
const POINTS_MAX = 240;

/** Tasks accepted since this page was opened, over time; an external store beside the agent's. */
export type SessionHistory = {
  snapshot(): readonly ChartPoint[];
  subscribe(listener: () => void): () => void;
};

/** Follows an agent's standing from its first joining on. */
export function sessionHistoryOf(agent: SupervisedAgent): SessionHistory {
  let points: readonly ChartPoint[] = [];
  let acceptedBefore: number | null = null;
  const listeners = new Set<() => void>();
  agent.subscribe(() => {
    const accepted = agent.snapshot().snapshot?.standing?.accepted;
    if (accepted === undefined) return;
    acceptedBefore ??= accepted;
    const before = points;
    points = withPoint(points, { atMs: Date.now(), value: accepted - acceptedBefore }, POINTS_MAX);
    if (points !== before) for (const listener of listeners) listener();
  });
  return {
    snapshot: () => points,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

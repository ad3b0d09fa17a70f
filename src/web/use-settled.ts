import { useEffect, useRef, useState } from 'react';
import type { Situation } from './situation.ts';

/** A gap between two tasks that is shorter is no idling, and words about it could not be read. */
const GAP_MS = 700;

/** The situation, without the gaps between tasks that are too short to be read. */
export function useSettled(situation: Situation): Situation {
  const [settled, setSettled] = useState(situation);
  const gapSinceMs = useRef<number | null>(null);
  const isGap = settled.tone === 'busy' && situation.tone === 'wait';
  useEffect(() => {
    const nowMs = performance.now();
    gapSinceMs.current = isGap ? (gapSinceMs.current ?? nowMs) : null;
    const leftMs = gapSinceMs.current === null ? 0 : gapSinceMs.current + GAP_MS - nowMs;
    const timer = setTimeout(() => setSettled(situation), Math.max(0, leftMs));
    return () => clearTimeout(timer);
  }, [situation, isGap]);
  return isGap ? settled : situation;
}

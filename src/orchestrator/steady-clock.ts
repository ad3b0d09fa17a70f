/**
 * A clock that goes on with another one's steps forward, from an instant that is behind nothing.
 *
 * Where the other is set back, while it runs or before, this one goes on from where it was: leases
 * must run out and sessions fall silent in the time that really passes. It then stays ahead.
 * Units: Unix time in ms.
 */
export function steadyClock(now: () => number, fromMs: number): () => number {
  let readMs = now();
  let aheadMs = Math.max(0, fromMs - readMs);
  return () => {
    const nowMs = now();
    if (nowMs < readMs) aheadMs += readMs - nowMs;
    readMs = nowMs;
    return nowMs + aheadMs;
  };
}

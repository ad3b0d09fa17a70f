import { useEffect, useState } from 'react';

/** The device's clock, read anew at an interval while `isTicking`; for what ages on the page. */
export function useNow(options: { intervalMs: number; isTicking: boolean }): number {
  const { intervalMs, isTicking } = options;
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!isTicking) return;
    const read = () => setNowMs(Date.now());
    // What was read before the ticking stopped last is old by now.
    const first = setTimeout(read, 0);
    const timer = setInterval(read, intervalMs);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [intervalMs, isTicking]);
  return nowMs;
}

import type { Clock } from './agent-ports.ts';

// The longest delay that timers take before they wrap around. Milliseconds.
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The platform's clock: Unix time that does not jump when the machine's clock is set. */
export const systemClock: Clock = {
  nowMs,
  wakeAt: (atMs, call) => {
    const delayMs = Math.min(Math.max(0, Math.ceil(atMs - nowMs())), TIMER_MS_MAX);
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

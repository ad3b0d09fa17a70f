import type { Failure, FailureCode } from '../domain/failure.ts';
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from '../domain/limits.ts';
import type { RandomStream } from '../domain/random.ts';

// What time heals: the other side is away, restarting or full.
const TRANSIENT: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'unavailable',
  'timeout',
  'canceled',
  'queue_full',
  'rate_limited',
  'storage_full',
  'storage_failed',
]);

/** Whether the same request may succeed later without anyone changing it. */
export function isTransient(cause: Failure): boolean {
  return TRANSIENT.has(cause.code);
}

/** Whether there was no answer at all: other failures are the orchestrator's own word. */
export function isAway({ code }: Failure): boolean {
  return code === 'unavailable' || code === 'timeout';
}

/**
 * How long to wait before the next try, in milliseconds.
 *
 * Twice as long each time, up to RECONNECT_MS_MAX; half of it at random, so that a thousand agents
 * do not return in the same instant. Never sooner than the other side asked for.
 * `tries` counts those that failed, from 1.
 */
export function backoffMs(
  tried: { readonly tries: number; readonly failure: Failure },
  random: RandomStream,
): number {
  const ceilingMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** (tried.tries - 1));
  const jitteredMs = ceilingMs * (0.5 + 0.5 * random.nextUnit());
  const askedMs = tried.failure.retryAfterMs ?? 0;
  return Math.round(askedMs > 0 ? askedMs + jitteredMs : jitteredMs);
}

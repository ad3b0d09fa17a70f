import {
  AGENTS_MAX,
  NEW_KEYS_BURST,
  NEW_KEYS_PER_SECOND,
  WORK_BITS_MAX,
  WORK_BITS_MIN,
  WORK_SESSIONS_SHARE,
} from '../../domain/limits.ts';
import type { Rate } from './rate-limit.ts';

/** How much work unknown keys are asked for, by how many of them come. Pure: time is given. */
export type WorkDemand = {
  /** Bits asked for now, with so many sessions open; 0: none. */
  bits(at: { readonly nowMs: number; readonly sessionCount: number }): number;
  /** An unknown key joined. */
  joined(nowMs: number): void;
};

/** The rate of limits.ts. */
export const NEW_KEYS_RATE: Rate = { perSecond: NEW_KEYS_PER_SECOND, burst: NEW_KEYS_BURST };

// Beyond this nothing more is asked for, so that a flood is forgotten soon. Bursts.
const OWED_MAX = 2 ** (WORK_BITS_MAX - WORK_BITS_MIN);

/**
 * Makes the demand of one process.
 *
 * Nothing is asked for while joins of unknown keys keep within a rate. Beyond it WORK_BITS_MIN are,
 * and one bit more, which doubles the work, each time that what is owed to the rate doubles.
 */
export function workDemand(rate: Rate = NEW_KEYS_RATE): WorkDemand {
  let level = rate.burst;
  let levelAtMs = -Infinity;
  const settle = (nowMs: number): void => {
    const passedMs = levelAtMs === -Infinity ? 0 : Math.max(0, nowMs - levelAtMs);
    level = Math.min(rate.burst, level + (passedMs / 1000) * rate.perSecond);
    levelAtMs = nowMs;
  };
  return {
    bits({ nowMs, sessionCount }) {
      settle(nowMs);
      const isFull = sessionCount > AGENTS_MAX * WORK_SESSIONS_SHARE;
      if (level > 0) return isFull ? WORK_BITS_MIN : 0;
      const owed = -level / rate.burst;
      return Math.min(WORK_BITS_MAX, WORK_BITS_MIN + Math.floor(Math.log2(1 + owed)));
    },
    joined(nowMs) {
      settle(nowMs);
      level = Math.max(-rate.burst * OWED_MAX, level - 1);
    },
  };
}

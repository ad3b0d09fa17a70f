const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

// The page speaks English, so its numbers do too, whatever the device is set to.
const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const TENTHS = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });

/** A whole number with separators: 9,891. */
export function countWords(count: number): string {
  return COUNT.format(count);
}

/** A whole number where room is scarce: exact below a million, then 1.2M. */
export function shortCountWords(count: number): string {
  return count < 1_000_000 ? COUNT.format(count) : COMPACT.format(count);
}

/** A count with the word it counts: "1 task", "12 tasks". */
export function countOf(count: number, word: { one: string; many: string }): string {
  return `${countWords(count)} ${count === 1 ? word.one : word.many}`;
}

/** A rate with one decimal below ten: "0.4", "128". */
export function rateWords(perSecond: number): string {
  return perSecond < 10 ? SHORT.format(perSecond) : COUNT.format(perSecond);
}

/** Bytes in the unit that people use: "512 MB", "1.5 GB". Powers of 1024. */
export function bytesWords(bytes: number): string {
  if (bytes >= GIB) return `${SHORT.format(bytes / GIB)} GB`;
  if (bytes >= MIB) return `${COUNT.format(bytes / MIB)} MB`;
  return `${COUNT.format(bytes / KIB)} KB`;
}

/** A span of time with at most two units: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min", "4 days". */
export function durationWords(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 10 * SECOND_MS) return `${TENTHS.format(Math.floor(ms / 100) / 10)} s`;
  return wholeDurationWords(ms);
}

/** A short time with two digits or more that count: "1.4 µs", "51 µs", "2.7 ms", "1,240 ms". */
export function shortTimeWords(timeUs: number): string {
  if (timeUs < 10) return `${SHORT.format(timeUs)} µs`;
  if (timeUs < 1_000) return `${COUNT.format(timeUs)} µs`;
  const ms = timeUs / 1_000;
  return ms < 10 ? `${SHORT.format(ms)} ms` : `${COUNT.format(ms)} ms`;
}

/** A span of time in whole seconds, for what ticks. */
export function wholeDurationWords(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) {
    return `${Math.floor(ms / MINUTE_MS)} min ${padded((ms % MINUTE_MS) / SECOND_MS)} s`;
  }
  if (ms < 2 * DAY_MS) {
    return `${Math.floor(ms / HOUR_MS)} h ${padded((ms % HOUR_MS) / MINUTE_MS)} min`;
  }
  return `${Math.floor(ms / DAY_MS)} days`;
}

/** Time left until an instant, rounded up, so that it ends at nothing and not before: "3 s". */
export function countdownWords(leftMs: number): string {
  return wholeDurationWords(Math.ceil(Math.max(0, leftMs) / SECOND_MS) * SECOND_MS);
}

/** The time of day at an instant, on the device's clock: "14:05". */
export function clockWords(atMs: number): string {
  return CLOCK.format(atMs);
}

/** A share as a percentage that says 100% only when all is done. */
export function percentWords(done: number, total: number): string {
  if (total <= 0) return '0%';
  const percent = (done / total) * 100;
  return `${done >= total ? 100 : Math.min(99, Math.floor(percent))}%`;
}

function padded(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

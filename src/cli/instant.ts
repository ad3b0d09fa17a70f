import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,6})([mhd])$/;
/** A day, or a time of it; without a zone, UTC. */
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The instant that an option names: `2027-01-31`, `2027-01-31T12:00`, or so long before or after
 * now: `90m`, `2h`, `30d`. Unix time in milliseconds.
 *
 * Errors: config_invalid.
 */
export function parseInstant(
  text: string,
  of: { readonly option: string; readonly nowMs: number; readonly from: 'before' | 'after' },
): Outcome<number> {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  if (count !== undefined) {
    const durationMs = Number(count) * (UNIT_MS[unit] ?? 0);
    return succeed(of.from === 'before' ? of.nowMs - durationMs : of.nowMs + durationMs);
  }
  const atMs = DAY.test(text) || TIME.test(text) ? Date.parse(withZone(text)) : Number.NaN;
  // Date.parse takes the 31st of June for the 1st of July.
  const isReal = Number.isFinite(atMs) && dayOf(text) === dayOf(new Date(atMs).toISOString(), text);
  if (isReal && atMs >= 0) return succeed(atMs);
  const examples = '2027-01-31, 2027-01-31T12:00 (UTC), 2h or 30d';
  return fail(failure('config_invalid', `${of.option} ${text} is no time such as ${examples}.`));
}

function withZone(text: string): string {
  return DAY.test(text) || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
}

/** The day that a text names; with another zone it may differ, and is believed. */
function dayOf(text: string, given = text): string {
  return /[+-]\d{2}:\d{2}$/.test(given) ? '' : text.slice(0, 10);
}

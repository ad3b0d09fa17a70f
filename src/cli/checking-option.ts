import type { CheckingPolicy } from '../domain/checking.ts';
import { failure } from '../domain/failure.ts';
import { ROWS_PER_TASK_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** The policy of `--check`: auto, twice, recompute:0.1. Errors: config_invalid. */
export function parseChecking(text: string): Outcome<CheckingPolicy> {
  if (text === 'auto' || text === 'twice') return succeed({ kind: text });
  const [, number] = /^recompute:(\d*\.?\d+)$/.exec(text) ?? [];
  const share = Number(number ?? Number.NaN);
  if (share > 0 && share <= 1) return succeed({ kind: 'recompute', share });
  const allowed = 'auto, twice, or recompute:SHARE with a share above 0 and at most 1';
  return fail(failure('config_invalid', `--check ${text} is none of: ${allowed}.`));
}

/** The count of `--rows-per-task`; null where not given. Errors: config_invalid. */
export function parseRowsPerTask(text: string | undefined): Outcome<number | null> {
  if (text === undefined) return succeed(null);
  const rows = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= ROWS_PER_TASK_MAX) return succeed(rows);
  const allowed = `a whole number from 1 to ${ROWS_PER_TASK_MAX}`;
  return fail(failure('config_invalid', `--rows-per-task ${text} is not ${allowed}.`));
}

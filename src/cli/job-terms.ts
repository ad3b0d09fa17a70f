import type { CheckingPolicy } from '../domain/checking.ts';
import { failure } from '../domain/failure.ts';
import { USUAL_TERMS, type JobTerms } from '../domain/job.ts';
import { JOB_DEADLINE_MS_MAX, JOB_WEIGHT_MAX, ROWS_PER_TASK_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** How a job is to be served, as options say it. */
export type TermsOptions = {
  readonly check: string;
  readonly rowsPerTask?: string;
  readonly weight?: string;
  readonly deadline?: string;
};

/** The terms of a job; who contributes is shown with a signature. Errors: config_invalid. */
export function parseTerms(options: TermsOptions): Outcome<JobTerms> {
  const checking = parseChecking(options.check);
  if (!checking.ok) return checking;
  const rowsPerTask = parseRowsPerTask(options.rowsPerTask);
  if (!rowsPerTask.ok) return rowsPerTask;
  const weight = parseWeight(options.weight);
  if (!weight.ok) return weight;
  const deadlineMs = parseDeadline(options.deadline);
  if (!deadlineMs.ok) return deadlineMs;
  return succeed({
    ...USUAL_TERMS,
    checking: checking.value,
    rowsPerTask: rowsPerTask.value,
    weight: weight.value,
    deadlineMs: deadlineMs.value,
  });
}

/** The policy of `--check`: adaptive, twice, recompute:0.1. Errors: config_invalid. */
export function parseChecking(text: string): Outcome<CheckingPolicy> {
  if (text === 'adaptive' || text === 'twice') return succeed({ kind: text });
  const [, number] = /^recompute:(\d*\.?\d+)$/.exec(text) ?? [];
  const share = Number(number ?? Number.NaN);
  if (share > 0 && share <= 1) return succeed({ kind: 'recompute', share });
  const allowed = 'adaptive, twice, or recompute:SHARE with a share above 0 and at most 1';
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

/** The number of `--weight`; 1 where not given. Errors: config_invalid. */
export function parseWeight(text: string | undefined): Outcome<number> {
  if (text === undefined) return succeed(USUAL_TERMS.weight);
  const weight = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (weight >= 1 && weight <= JOB_WEIGHT_MAX) return succeed(weight);
  const allowed = `a whole number from 1 to ${JOB_WEIGHT_MAX}`;
  return fail(failure('config_invalid', `--weight ${text} is not ${allowed}.`));
}

/** The time of `--deadline` (90s, 30m, 12h, 7d) in ms; null where not given. Errors: config_invalid. */
export function parseDeadline(text: string | undefined): Outcome<number | null> {
  if (text === undefined) return succeed(null);
  const [, count, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(text) ?? [];
  const deadlineMs = Number(count ?? 0) * (UNIT_MS[unit ?? ''] ?? 0);
  if (deadlineMs >= 1 && deadlineMs <= JOB_DEADLINE_MS_MAX) return succeed(deadlineMs);
  const allowed = 'a time such as 90s, 30m, 12h or 7d, at most 365d';
  return fail(failure('config_invalid', `--deadline ${text} is not ${allowed}.`));
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

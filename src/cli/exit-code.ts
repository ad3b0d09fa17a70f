import type { Failure, FailureCode } from '../domain/failure.ts';

/** What a script can tell from how a command ended. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  jobFailed: 3,
  unreachable: 4,
  evidenceMalformed: 5,
  evidenceDiffers: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the end of every --help. */
export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    failed: the message says what and the remedy
  2    wrong arguments or configuration
  3    the job failed or was canceled
  4    the orchestrator cannot be reached
  5    the evidence does not parse, cannot be checked, or is not signed as it says
  6    the check of the evidence, or of the record, comes to another verdict
  130  interrupted (Ctrl-C)`;

const BY_FAILURE: Partial<Record<FailureCode, ExitCode>> = {
  config_invalid: EXIT.usage,
  job_failed: EXIT.jobFailed,
  job_canceled: EXIT.jobFailed,
  unavailable: EXIT.unreachable,
  timeout: EXIT.unreachable,
  canceled: EXIT.interrupted,
};

/** The exit code that tells a failure. */
export function exitCodeOf(failure: Failure): ExitCode {
  return BY_FAILURE[failure.code] ?? EXIT.failure;
}

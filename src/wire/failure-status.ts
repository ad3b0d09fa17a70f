import { Code, ConnectError } from '@connectrpc/connect';
import { failure, type Failure, type FailureCode } from '../domain/failure.ts';
import { TOLD_WAIT_MS_MAX } from '../domain/limits.ts';
import { isFailureCode } from './report-wire.ts';

/** The one table from failures to Connect codes. */
const STATUS: Readonly<Record<FailureCode, Code>> = {
  input_malformed: Code.InvalidArgument,
  input_invalid: Code.InvalidArgument,
  limit_exceeded: Code.InvalidArgument,
  shape_mismatch: Code.InvalidArgument,
  version_unsupported: Code.FailedPrecondition,
  operator_unsupported: Code.Unimplemented,
  size_unsupported: Code.Unimplemented,
  session_unknown: Code.Unauthenticated,
  api_key_invalid: Code.Unauthenticated,
  signature_invalid: Code.Unauthenticated,
  challenge_invalid: Code.Unauthenticated,
  agent_quarantined: Code.PermissionDenied,
  work_required: Code.FailedPrecondition,
  operator_key_invalid: Code.Unauthenticated,
  sandbox_only: Code.PermissionDenied,
  job_unknown: Code.NotFound,
  job_not_finished: Code.FailedPrecondition,
  job_failed: Code.FailedPrecondition,
  job_canceled: Code.FailedPrecondition,
  deadline_passed: Code.DeadlineExceeded,
  lease_expired: Code.FailedPrecondition,
  block_unknown: Code.NotFound,
  bytes_mismatch: Code.DataLoss,
  idempotency_conflict: Code.AlreadyExists,
  evidence_unknown: Code.NotFound,
  agent_unknown: Code.NotFound,
  entry_duplicate: Code.AlreadyExists,
  entry_unknown: Code.NotFound,
  function_unknown: Code.NotFound,
  outcome_unknown: Code.NotFound,
  action_slow: Code.InvalidArgument,
  tile_unknown: Code.NotFound,
  proof_invalid: Code.DataLoss,
  checkpoint_untrusted: Code.DataLoss,
  log_forked: Code.DataLoss,
  queue_full: Code.ResourceExhausted,
  rate_limited: Code.ResourceExhausted,
  storage_full: Code.ResourceExhausted,
  storage_failed: Code.Unavailable,
  member_fenced: Code.Unavailable,
  port_in_use: Code.Unavailable,
  config_invalid: Code.InvalidArgument,
  unavailable: Code.Unavailable,
  timeout: Code.DeadlineExceeded,
  canceled: Code.Canceled,
  backend_unsupported: Code.Unimplemented,
  device_lost: Code.Aborted,
  out_of_memory: Code.ResourceExhausted,
  execution_failed: Code.Aborted,
  conformance_failed: Code.FailedPrecondition,
  key_unusable: Code.FailedPrecondition,
};

/** What a code means where the other side gave no failure of ours. */
const FALLBACK: Partial<Record<Code, FailureCode>> = {
  [Code.InvalidArgument]: 'input_invalid',
  [Code.NotFound]: 'job_unknown',
  [Code.Unauthenticated]: 'session_unknown',
  // Ours always names itself: what does not is a library's limit on the size of a message.
  [Code.ResourceExhausted]: 'limit_exceeded',
  [Code.DeadlineExceeded]: 'timeout',
  [Code.Canceled]: 'canceled',
  [Code.DataLoss]: 'bytes_mismatch',
  [Code.Unimplemented]: 'version_unsupported',
};

const CODE_HEADER = 'manyhands-failure';
const RETRY_HEADER = 'retry-after-ms';

/** A failure as an RPC error; code and retry time ride in headers, the message is the message. */
export function failureToConnect(cause: Failure): ConnectError {
  return new ConnectError(cause.message, STATUS[cause.code], {
    [CODE_HEADER]: cause.code,
    ...(cause.retryAfterMs !== undefined && { [RETRY_HEADER]: String(cause.retryAfterMs) }),
  });
}

/** Whatever an RPC threw, as a failure. A broken connection reads as 'unavailable'. */
export function failureFromConnect(thrown: unknown): Failure {
  const error = ConnectError.from(thrown);
  const named = error.metadata.get(CODE_HEADER);
  const retry = Number(error.metadata.get(RETRY_HEADER) ?? Number.NaN);
  const code =
    named !== null && isFailureCode(named) ? named : (FALLBACK[error.code] ?? 'unavailable');
  // Whoever answers controls it, and nobody is to be told to wait for ever.
  const retryAfterMs = retry >= 0 ? Math.min(retry, TOLD_WAIT_MS_MAX) : undefined;
  return failure(code, error.rawMessage, retryAfterMs);
}

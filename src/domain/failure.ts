/**
 * The closed list of expected failures.
 *
 * One code per cause; the message names what was wrong and the remedy. Bugs are not failures:
 * they assert. The table from code to Connect status lives in `wire/failure-status.ts`.
 */
export const FAILURE_CODES = [
  // The caller's input.
  'input_malformed', // bytes that do not parse: proto, .npy, ONNX, JSON
  'input_invalid', // parses, but a value is outside what is allowed
  'limit_exceeded', // larger than a named limit
  'shape_mismatch', // tensor shapes or dtypes that do not agree
  'version_unsupported', // no protocol version in common
  'operator_unsupported', // a model or graph names an operator nobody present can run
  'size_unsupported', // a model or task needs more memory than any present agent offers
  // Who is asking.
  'session_unknown', // no such session: join again
  'api_key_invalid', // a producer without a valid key
  'signature_invalid', // a signature that does not verify
  'challenge_invalid', // a join challenge that expired or was not ours
  'agent_quarantined', // results failed checks: no leases until the stated time
  'work_required', // new keys are asked for a proof of work, and this one brought none
  'operator_key_invalid', // an operator's call without the operator's key
  'sandbox_only', // an agent that lies on purpose, where only honest ones may join
  // What is asked for.
  'job_unknown',
  'job_not_finished', // output asked for before it exists
  'job_failed', // the job ended without output; evidence in the message
  'job_canceled',
  'deadline_passed', // the job's deadline came before its end
  'lease_expired',
  'block_unknown', // content id not held here
  'bytes_mismatch', // bytes that do not hash to their content id
  'idempotency_conflict', // same key, other request
  'evidence_unknown', // no such evidence bundle is kept here
  'agent_unknown', // no such key, or nothing of the kind about it
  // The permanent record.
  'entry_duplicate', // this owner used this anchor before
  'entry_unknown', // the log has no entry at that place, or has not published it yet
  'function_unknown', // no function of the log has this id
  'outcome_unknown', // the entry is not folded yet, or so long ago that it is forgotten here
  'action_slow', // an action, or its function, that takes longer than the log's others wait
  'tile_unknown', // no such tile, bundle or checkpoint is kept here
  'proof_invalid', // hashes that do not lead to the root that was signed
  'checkpoint_untrusted', // not signed by a log of the policy, or too few witnesses
  'log_forked', // a log showed two histories: the message names where the proof is
  // Capacity and environment.
  'queue_full', // a named queue is at its limit: retry later
  'rate_limited', // more calls, or bytes, than one client may send: retry later
  'storage_full', // the disk refused a write
  'storage_failed', // the store cannot be opened or written
  'member_fenced', // another orchestrator adopted this one's work: it must stop
  'port_in_use',
  'config_invalid',
  'unavailable', // the other side cannot be reached or is shutting down
  'timeout',
  'canceled', // the caller aborted
  // Devices.
  'backend_unsupported', // this device has no such backend
  'device_lost', // the GPU went away in mid-task
  'out_of_memory',
  'execution_failed', // a kernel or model run failed for another reason
  'conformance_failed', // this backend computes this primitive wrongly here
  'key_unusable', // the identity key cannot be read, made or trusted
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export type Failure = {
  readonly code: FailureCode;
  /** One or two sentences for a person: what was wrong, then the remedy. */
  readonly message: string;
  /** How long to wait before another try is worthwhile; absent where waiting does not help. */
  readonly retryAfterMs?: number;
};

/** Makes a failure. */
export function failure(code: FailureCode, message: string, retryAfterMs?: number): Failure {
  return retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs };
}

/**
 * An Error that carries a Failure across code that only knows exceptions (streams, libraries).
 *
 * Thrown at shells only; pure rooms return `Outcome`.
 */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(cause: Failure) {
    super(cause.message);
    this.name = 'FailureError';
    this.failure = cause;
  }
}

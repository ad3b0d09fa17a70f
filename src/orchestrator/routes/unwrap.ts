import { FailureError } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/outcome.ts';

/** The value of an outcome; a failure is thrown, for the interceptor to make an RPC error of. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new FailureError(outcome.failure);
}

import { FailureError } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/outcome.ts';

/** The value of an outcome that cannot fail as the story is written. */
export function mustSucceed<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new FailureError(outcome.failure);
  return outcome.value;
}

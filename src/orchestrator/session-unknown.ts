import { failure, type Failure } from '../domain/failure.ts';

/** The session that a call names is not known, or is over. */
export function sessionUnknown(): Failure {
  return failure('session_unknown', 'this session is not known here. Join again.');
}

import type { Failure } from './failure.ts';

/** What an operation that can fail as expected returns: a value, or the failure that says why not. */
export type Outcome<T> = Success<T> | Failed;

export type Success<T> = { readonly ok: true; readonly value: T };
export type Failed = { readonly ok: false; readonly failure: Failure };

/** Wraps a value as a success. */
export function succeed<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** Wraps a failure. */
export function fail(failure: Failure): Failed {
  return { ok: false, failure };
}

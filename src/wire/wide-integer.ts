import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** Reads a 64-bit field as a number; sizes and instants above 2^53 are refused, not rounded. */
export function numberFromWide(value: bigint, field: string): Outcome<number> {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < 0n) {
    return fail(failure('input_invalid', `${field} is ${value}: at most 2^53 - 1 is allowed`));
  }
  return succeed(Number(value));
}

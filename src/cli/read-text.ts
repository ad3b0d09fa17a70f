import { readFile } from 'node:fs/promises';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** The text of a file. Errors: input_invalid. */
export async function readText(path: string): Promise<Outcome<string>> {
  try {
    return succeed(await readFile(path, 'utf8'));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('input_invalid', `cannot read ${path}: ${text}`));
  }
}

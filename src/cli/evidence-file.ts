import { readFile, stat } from 'node:fs/promises';
import { failure } from '../domain/failure.ts';
import { EVIDENCE_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';

/** The bundle in a file. Errors: config_invalid, limit_exceeded. */
export async function readEvidenceFile(path: string): Promise<Outcome<Uint8Array>> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    const text = `${path} is neither a file nor the id of evidence`;
    return fail(failure('config_invalid', `${text}. "npx manyhands evidence list" shows the ids.`));
  }
  if (found.size > EVIDENCE_BYTES_MAX) {
    const text = `${path} has ${found.size} bytes; evidence has at most ${EVIDENCE_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Name another file.`));
  }
  return succeed(new Uint8Array(await readFile(path)));
}

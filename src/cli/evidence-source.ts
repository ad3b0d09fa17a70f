import { readFile, stat } from 'node:fs/promises';
import { readBodyWithin } from '../data/index.ts';
import type { EvidenceSummary } from '../domain/evidence.ts';
import { failure } from '../domain/failure.ts';
import { parseEvidenceId, type EvidenceId } from '../domain/ids.ts';
import { COMMAND_CALL_MS, EVIDENCE_BYTES_MAX, EVIDENCE_LIST_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { evidenceIdOf } from '../integrity/index.ts';
import { evidenceListFromJson } from '../wire/index.ts';

type From = { readonly origin: string; readonly signal: AbortSignal };

/** The evidence that an orchestrator lists, the newest first. Errors: those of a call. */
export async function fetchEvidenceList(from: From): Promise<Outcome<EvidenceSummary[]>> {
  const body = await fetchBody('/evidence', { ...from, bytesMax: EVIDENCE_LIST_BYTES_MAX });
  if (!body.ok) return body;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body.value));
  } catch {
    const text = `${from.origin} lists evidence in words that are no JSON`;
    return fail(failure('input_malformed', `${text}. Check the address.`));
  }
  return evidenceListFromJson(json);
}

/** A bundle of an orchestrator, which hashes to its id. Errors: those of a call; bytes_mismatch. */
export async function fetchEvidence(id: EvidenceId, from: From): Promise<Outcome<Uint8Array>> {
  const body = await fetchBody(`/evidence/${id}`, { ...from, bytesMax: EVIDENCE_BYTES_MAX });
  if (!body.ok || (await evidenceIdOf(body.value)) === id) return body;
  const text = `what ${from.origin} sent is not evidence ${id}`;
  return fail(failure('bytes_mismatch', `${text}. Get it from another orchestrator.`));
}

/** The bundle in a file. Errors: input_invalid, limit_exceeded. */
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

/** The id that an argument is; null where it must be a file. */
export function evidenceIdIn(argument: string): EvidenceId | null {
  const id = parseEvidenceId(argument);
  return id.ok ? id.value : null;
}

async function fetchBody(
  path: string,
  { origin, signal, bytesMax }: From & { readonly bytesMax: number },
): Promise<Outcome<Uint8Array>> {
  try {
    const response = await fetch(new URL(path, origin), {
      headers: { accept: 'application/vnd.ipld.dag-cbor, application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(COMMAND_CALL_MS)]),
    });
    if (response.status === 404) {
      const text = `${origin} does not keep this evidence, or no longer`;
      return fail(failure('evidence_unknown', `${text}. Ask whoever told of it for the file.`));
    }
    if (response.status !== 200) return unavailable(`${origin} answers HTTP ${response.status}`);
    const body = await readBodyWithin(response, bytesMax);
    if (body !== null) return succeed(body);
    const text = `${origin} sent more than ${bytesMax} bytes`;
    return fail(failure('limit_exceeded', `${text}. Check the address.`));
  } catch (cause) {
    if (signal.aborted) return fail(failure('canceled', 'interrupted'));
    // What fetch throws names its cause only within.
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return unavailable(`cannot reach ${origin} (${inner instanceof Error ? inner.message : ''})`);
  }
}

function unavailable(text: string): Outcome<never> {
  return fail(failure('unavailable', `${text}. Name an orchestrator with --orchestrator URL.`));
}

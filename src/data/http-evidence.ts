import { failure } from '../domain/failure.ts';
import type { EvidenceId } from '../domain/ids.ts';
import {
  EVIDENCE_BYTES_MAX,
  EVIDENCE_FETCH_MS,
  EVIDENCE_LIST_BYTES_MAX,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { evidenceIdOf, readBodyWithin } from '../integrity/index.ts';
import { canceled } from './block-failure.ts';
import type { Abortable } from './block-store.ts';

type From = Abortable & { readonly origin: string };

/**
 * A bundle of evidence from an orchestrator, which hashes to its id.
 *
 * Errors: "evidence_unknown" | "bytes_mismatch" | "limit_exceeded" | "unavailable" | "canceled".
 */
export async function fetchEvidence(id: EvidenceId, from: From): Promise<Outcome<Uint8Array>> {
  const body = await fetchBody(`/evidence/${id}`, { ...from, bytesMax: EVIDENCE_BYTES_MAX });
  if (!body.ok || (await evidenceIdOf(body.value)) === id) return body;
  const text = `what ${from.origin} sent is not evidence ${id}`;
  return fail(failure('bytes_mismatch', `${text}. Get it from another orchestrator.`));
}

/** An orchestrator's list of evidence, as JSON that nobody looked at. Errors: as `fetchEvidence`. */
export async function fetchEvidenceList(from: From): Promise<Outcome<unknown>> {
  const body = await fetchBody('/evidence', { ...from, bytesMax: EVIDENCE_LIST_BYTES_MAX });
  if (!body.ok) return body;
  try {
    return succeed(JSON.parse(new TextDecoder().decode(body.value)));
  } catch {
    const text = `${from.origin} lists evidence in words that are no JSON`;
    return fail(failure('input_malformed', `${text}. Check the address.`));
  }
}

async function fetchBody(
  path: string,
  { origin, signal, bytesMax }: From & { readonly bytesMax: number },
): Promise<Outcome<Uint8Array>> {
  const tooLong = AbortSignal.timeout(EVIDENCE_FETCH_MS);
  try {
    const response = await fetch(new URL(path, origin), {
      // Without text/html, which would get the page at the same address.
      headers: { accept: 'application/vnd.ipld.dag-cbor, application/json' },
      credentials: 'omit',
      signal: signal === undefined ? tooLong : AbortSignal.any([signal, tooLong]),
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
    // fetch and body readers throw for every network fault, and for an abort.
    if (signal?.aborted === true) return canceled('fetching evidence');
    // What fetch throws names its cause only within, in Node.
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return unavailable(`cannot reach ${origin} (${inner instanceof Error ? inner.message : ''})`);
  }
}

function unavailable(text: string): Outcome<never> {
  return fail(failure('unavailable', `${text}. Check the address, or try again later.`));
}

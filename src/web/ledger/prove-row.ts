import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { RecordApi } from '../../execution-machine/browser/record-api.ts';
import { decodeStateProof } from '../../execution-machine/state-proof.ts';
import type { ProvenRow, RecordVerdict } from '../../execution-machine/verify/record-check.ts';
import { decodeCanonical, type CanonicalValue } from '../../integrity/index.ts';
import type { Policy } from '../../ledger/index.ts';
import { failureFromConnect } from '../../wire/index.ts';
import { CALL_MS, functionClient, RECORD_FILES } from './record-clients.ts';

/** A row's value (undefined: there is none), and the verdict on whether the claimed state has it so. */
export type RowVerdict = {
  readonly value: CanonicalValue | undefined;
  readonly verdict: RecordVerdict;
};

/** Tries before it is said that no claim holds the row: the log claims a state seconds later. */
const TRIES = 12;
const TRY_MS = 2_500;

/**
 * Reads a row and proves it against a root that the log's key claimed.
 *
 * What is read is newer than the last claim while entries come: it is read again until it is not.
 * Errors: those of the calls, of proofs that do not parse and of `verifyRecord`.
 */
export async function proveRow(
  api: RecordApi,
  of: {
    readonly policy: Policy;
    /** The checkpoint that was seen before; null for none. */
    readonly pinned: Uint8Array | null;
    readonly function: string;
    readonly key: string;
  },
): Promise<Outcome<RowVerdict>> {
  let last: Outcome<RowVerdict> = fail(failure('unavailable', 'Nothing was read. Try again.'));
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    last = await tryRow(api, of);
    if (!last.ok || last.value.verdict.difference === null) return last;
  }
  return last;
}

async function tryRow(
  api: RecordApi,
  { policy, pinned, function: id, key }: Parameters<typeof proveRow>[1],
): Promise<Outcome<RowVerdict>> {
  const row = await readRow(id, key);
  if (!row.ok) return row;
  const check = { level: 'balance', row: row.value } as const;
  const verified = await api.verify(
    { files: RECORD_FILES, policy, pinned, check },
    // A row has no progress.
    null,
  );
  if (!verified.ok) return verified;
  return succeed({ value: row.value.claim.value, verdict: verified.value });
}

/** A row of state as an orchestrator says it, with the proof that it gives. */
export async function readRow(id: string, key: string): Promise<Outcome<ProvenRow>> {
  try {
    const about = { functionId: id, key };
    const { value, proof, head } = await functionClient.readState(about, { timeoutMs: CALL_MS });
    const decoded = value.byteLength === 0 ? succeed(undefined) : decodeCanonical(value);
    if (!decoded.ok) return decoded;
    const parsed = decodeStateProof(proof);
    if (!parsed.ok) return parsed;
    const root = head?.root ?? new Uint8Array();
    return succeed({
      claim: { function: id, key, value: decoded.value },
      proof: parsed.value,
      root,
    });
  } catch (error) {
    return fail(failureFromConnect(error));
  }
}

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
  /** Whether it is proven as of a state that does not have the entry that it should have. */
  readonly isEarlier: boolean;
};

/** Tries until a claim is known, or one that is new enough: each is made seconds after the last. */
const TRIES = 5;
const TRY_MS = 2_500;

/**
 * Reads a row as of the newest state whose root the log's key claimed, and proves it.
 *
 * Where no state with the entry `since` gets claimed, what is proven is older.
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
    /** An entry that the state should have; null: whichever is claimed. */
    readonly since: number | null;
  },
): Promise<Outcome<RowVerdict>> {
  let last: Outcome<RowVerdict> = fail(failure('unavailable', 'Nothing was read. Try again.'));
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    const row = await readRow({ function: of.function, key: of.key, isClaimed: true });
    if (!row.ok) return row;
    const check = { level: 'balance', row: row.value } as const;
    const about = { files: RECORD_FILES, policy: of.policy, pinned: of.pinned, check };
    // A row has no progress.
    const verified = await api.verify(about, null);
    if (!verified.ok) return verified;
    const { difference, claimed } = verified.value;
    const isEarlier = claimed !== null && claimed.claim.index < (of.since ?? 0);
    last = succeed({ value: row.value.claim.value, verdict: verified.value, isEarlier });
    if (difference === null ? !isEarlier : row.value.claimedIn !== null) return last;
  }
  return last;
}

/** A row of state as an orchestrator says it, with the proof that it gives. */
export async function readRow(of: {
  readonly function: string;
  readonly key: string;
  /** Whether as of the newest state that the log claims, and not of the newest. */
  readonly isClaimed: boolean;
}): Promise<Outcome<ProvenRow>> {
  const { function: id, key, isClaimed } = of;
  try {
    const about = { functionId: id, key, isClaimed };
    const { value, proof, head, claimedIn } = await functionClient.readState(about, {
      timeoutMs: CALL_MS,
    });
    const decoded = value.byteLength === 0 ? succeed(undefined) : decodeCanonical(value);
    if (!decoded.ok) return decoded;
    const parsed = decodeStateProof(proof);
    if (!parsed.ok) return parsed;
    const root = head?.root ?? new Uint8Array();
    return succeed({
      claim: { function: id, key, value: decoded.value },
      proof: parsed.value,
      root,
      claimedIn: claimedIn === undefined ? null : Number(claimedIn),
    });
  } catch (error) {
    return fail(failureFromConnect(error));
  }
}

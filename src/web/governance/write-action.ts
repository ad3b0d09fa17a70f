import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { actionDraft, freshAnchor } from '../../execution-machine/log-entry.ts';
import {
  equalBytes,
  messageSignerOf,
  type CanonicalValue,
  type SigningKey,
} from '../../integrity/index.ts';
import { leafHash, signEntry, verifyPromise, type VerifierKey } from '../../ledger/index.ts';
import { failureFromConnect, OutcomeKind } from '../../wire/index.ts';
import { CALL_MS, functionClient, ledgerClient } from '../ledger/record-clients.ts';

/** How often it is tried while the other side is busy. Count. */
const TRIES_MAX = 8;
const RETRY_MS = 2_000;

/** What became of an action: its place in the log, and what the function made of it. */
export type WrittenAction = {
  readonly index: number;
  readonly isDone: boolean;
  /** Why it is not done. */
  readonly detail: string;
};

/**
 * Signs an action, hands it in, holds the log to its promise and waits for what came of it.
 *
 * Errors: those of the calls, "signature_invalid" for a promise of another, "proof_invalid" for
 * one of another entry.
 */
export async function writeAction(of: {
  readonly key: SigningKey;
  readonly log: VerifierKey;
  /** A function's id, or "upgrade". */
  readonly function: string;
  readonly body: CanonicalValue;
}): Promise<Outcome<WrittenAction>> {
  const { key, log, body } = of;
  const draft = actionDraft({ function: of.function, body, anchor: freshAnchor() });
  const entry = await signEntry(messageSignerOf(key), draft);
  try {
    const call = { timeoutMs: CALL_MS };
    const submitted = await patiently(() => ledgerClient.submitEntry({ entry }, call));
    const promise = await verifyPromise(log, submitted.promise);
    if (!promise.ok) return promise;
    if (!equalBytes(promise.value.leaf, await leafHash(entry))) {
      const text = 'the log promised a place to another entry than the one that was handed in';
      return fail(failure('proof_invalid', `${text}. Look for your entry in the ledger.`));
    }
    const { index } = submitted;
    const { kind, detail } = await patiently(() => functionClient.getOutcome({ index }, call));
    return succeed({ index: Number(index), isDone: kind === OutcomeKind.DONE, detail });
  } catch (error) {
    return fail(failureFromConnect(error));
  }
}

/** Asks again while the other side is busy: the same entry twice has one place. */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const { code, retryAfterMs = RETRY_MS } = failureFromConnect(error);
      if (code !== 'unavailable' || tries === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}

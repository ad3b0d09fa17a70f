import { createHmac, timingSafeEqual } from 'node:crypto';
import { failure, type Failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/** What an agent is let in as: one that lies in a sandbox is as any other there. */
export type Admission =
  | { readonly kind: 'ordinary' }
  /** It lies on the operator's word: nothing of it enters an output. */
  | { readonly kind: 'canary'; readonly lie: string };

/** What an agent claims of its lies; all of it is a stranger's. */
export type LieClaim = {
  readonly challenge: Uint8Array;
  readonly lie?: string | null;
  readonly canaryProof?: Uint8Array | null;
};

export type AdmitLiar = (claim: LieClaim) => Outcome<Admission>;

/** The name of a kind of lie, also of one that this build does not know. */
const LIE_NAME = /^[a-z0-9-]{1,40}$/;

const ORDINARY: Admission = { kind: 'ordinary' };

/**
 * Makes what decides which agents may lie on purpose: all in a sandbox, elsewhere only canaries,
 * with a proof that the operator lets them. `operatorKey`: null where there is none, and so no
 * canaries.
 *
 * Errors of what is made: "sandbox_only" | "signature_invalid" | "input_invalid".
 */
export function liarAdmission(of: {
  readonly isSandbox: boolean;
  readonly operatorKey: string | null;
}): AdmitLiar {
  return ({ challenge, lie = null, canaryProof = null }) => {
    if (lie !== null && !LIE_NAME.test(lie)) return fail(badName());
    if (canaryProof !== null) {
      if (lie === null) return fail(honestCanary());
      const { operatorKey } = of;
      const isProven = operatorKey !== null && isProof(canaryProof, { operatorKey, challenge });
      return isProven ? succeed({ kind: 'canary', lie }) : fail(unproven());
    }
    return lie === null || of.isSandbox ? succeed(ORDINARY) : fail(notASandbox());
  };
}

/** A canary's proof that the holder of the operator's key lets it join with this challenge. */
export function proofOfCanary(of: {
  readonly operatorKey: string;
  readonly challenge: Uint8Array;
}): Uint8Array {
  return new Uint8Array(createHmac('sha256', of.operatorKey).update(of.challenge).digest());
}

function isProof(
  given: Uint8Array,
  of: { readonly operatorKey: string; readonly challenge: Uint8Array },
): boolean {
  const right = proofOfCanary(of);
  return given.byteLength === right.byteLength && timingSafeEqual(given, right);
}

function badName(): Failure {
  const text = 'the name of a lie has 1 to 40 small letters, digits and hyphens';
  return failure('input_invalid', `${text}. Give one such as "one-element", or none.`);
}

function honestCanary(): Failure {
  const remedy = 'Name the kind of its lies, or leave the proof out';
  return failure('input_invalid', `a canary that tells no lie is none. ${remedy}.`);
}

function unproven(): Failure {
  const text = "the proof of this canary is not by this orchestrator's operator key";
  const remedy = 'It is in the file operator-key of the data folder: --operator-key';
  return failure('signature_invalid', `${text}. ${remedy}.`);
}

function notASandbox(): Failure {
  const text = 'this agent lies on purpose, and this orchestrator is no sandbox';
  const remedy = 'Attack one that was started with "manyhands start --sandbox"';
  return failure('sandbox_only', `${text}. ${remedy}, or leave --lie out.`);
}

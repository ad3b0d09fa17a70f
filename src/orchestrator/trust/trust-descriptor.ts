// The operator's word that a key is trusted: signed, so that anyone can verify it who knows the
// operator's public key, and so that nobody who may write its file can make one up.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { failure } from '../../domain/failure.ts';
import type { AgentId } from '../../domain/ids.ts';
import { TRUST_DESCRIPTOR_BYTES_MAX, TRUST_NAME_CHARS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  agentIdOf,
  publicKeyOf,
  signBytes,
  verifyBytes,
  type SigningKey,
} from '../../integrity/index.ts';
import { TrustDescriptorSchema } from '../../wire/index.ts';

const PURPOSE = 'trust';

/** A key, whose it is, and from when until when it is trusted. Unix time in milliseconds. */
export type Trust = {
  readonly agent: AgentId;
  readonly name: string;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
};

/** Bytes as they were signed, and their signature. */
export type SignedTrust = { readonly descriptor: Uint8Array; readonly signature: Uint8Array };

export type TrustState = 'trusted' | 'not_yet' | 'expired';

/** How trust stands at an instant: from its beginning, and not at its end any more. */
export function trustStateOf({ notBeforeMs, expiresMs }: Trust, nowMs: number): TrustState {
  if (nowMs < notBeforeMs) return 'not_yet';
  return nowMs < expiresMs ? 'trusted' : 'expired';
}

/** Signs trust for the operator of an orchestrator. Errors: "key_unusable". */
export async function signTrust(trust: Trust, operator: SigningKey): Promise<Outcome<SignedTrust>> {
  const publicKey = publicKeyOf(trust.agent);
  if (!publicKey.ok) return publicKey;
  const operatorKey = publicKeyOf(operator.agent);
  if (!operatorKey.ok) return operatorKey;
  const descriptor = toBinary(
    TrustDescriptorSchema,
    create(TrustDescriptorSchema, {
      publicKey: publicKey.value,
      name: trust.name,
      notBeforeMs: BigInt(trust.notBeforeMs),
      expiresMs: BigInt(trust.expiresMs),
      operatorKey: operatorKey.value,
    }),
  );
  const signature = await signBytes(operator, { purpose: PURPOSE, bytes: descriptor });
  return succeed({ descriptor, signature });
}

/**
 * What an operator signed. All of it may come from an attacker.
 *
 * Says nothing of time: see `trustStateOf`.
 * Errors: "input_malformed" | "signature_invalid", also where another operator signed it.
 */
export async function verifyTrust(signed: SignedTrust, operator: AgentId): Promise<Outcome<Trust>> {
  const { descriptor, signature } = signed;
  if (descriptor.byteLength > TRUST_DESCRIPTOR_BYTES_MAX) return malformed('is too large');
  if (!(await verifyBytes({ agent: operator, purpose: PURPOSE, bytes: descriptor, signature }))) {
    const text = "the descriptor is not signed by this orchestrator's operator";
    return fail(failure('signature_invalid', `${text}. Register the key here.`));
  }
  try {
    const message = fromBinary(TrustDescriptorSchema, descriptor);
    const agent = agentIdOf(message.publicKey);
    if (!agent.ok) return agent;
    const named = agentIdOf(message.operatorKey);
    if (!named.ok || named.value !== operator) return malformed('names another operator');
    const [notBeforeMs, expiresMs] = [Number(message.notBeforeMs), Number(message.expiresMs)];
    if (!Number.isSafeInteger(notBeforeMs) || !Number.isSafeInteger(expiresMs)) {
      return malformed('has no such times');
    }
    const { name } = message;
    if (name === '' || name.length > TRUST_NAME_CHARS_MAX) return malformed('has no such name');
    return succeed({ agent: agent.value, name, notBeforeMs, expiresMs });
  } catch {
    return malformed('does not parse');
  }
}

function malformed(what: string): Outcome<never> {
  return fail(failure('input_malformed', `the descriptor ${what}. Register the key anew.`));
}

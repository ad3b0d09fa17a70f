// Whom to believe: which logs, and which witnesses must have seen a checkpoint of theirs.
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { parseCheckpoint, type Checkpoint, type SignedCheckpoint } from './checkpoint.ts';
import { cosignatureState } from './cosignature.ts';
import { noteSignatureState } from './note-signing.ts';
import type { VerifierKey } from './verifier-key.ts';

/** A party of a policy, and where to reach it. */
export type PolicyParty = { readonly key: VerifierKey; readonly url: string | null };

/** Which cosignatures suffice. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly name: string }
  | { readonly kind: 'group'; readonly threshold: number; readonly members: readonly Quorum[] };

export type Policy = {
  readonly logs: readonly PolicyParty[];
  /** By the name that the policy gives them. */
  readonly witnesses: ReadonlyMap<string, PolicyParty>;
  readonly quorum: Quorum;
};

/** A checkpoint that the policy trusts, and which witnesses saw it when. */
export type TrustedCheckpoint = {
  readonly signed: SignedCheckpoint;
  readonly checkpoint: Checkpoint;
  readonly log: VerifierKey;
  readonly cosigners: ReadonlyMap<string, { readonly atSeconds: number }>;
};

/**
 * The checkpoint that bytes hold, if a log of the policy signed it and its quorum saw it.
 *
 * The bytes may come from an attacker. A line under a known name and id that is not valid refuses
 * the whole; lines of unknown keys are passed over.
 * Errors: "checkpoint_untrusted", and those of `parseCheckpoint`.
 */
export async function trustCheckpoint(
  policy: Policy,
  bytes: Uint8Array,
): Promise<Outcome<TrustedCheckpoint>> {
  const parsed = parseCheckpoint(bytes);
  if (!parsed.ok) return parsed;
  const { checkpoint, note } = parsed.value;
  const log = await signingLog(policy, parsed.value);
  if (!log.ok) return log;
  const cosigners = new Map<string, { readonly atSeconds: number }>();
  for (const [name, { key }] of policy.witnesses) {
    const state = await cosignatureState(key, note);
    if (state.kind === 'invalid') return untrusted(checkpoint, `${name} did not sign its line`);
    if (state.kind === 'valid') cosigners.set(name, { atSeconds: state.atSeconds });
  }
  if (!isReached(policy.quorum, (name) => cosigners.has(name))) {
    const seen = cosigners.size === 0 ? 'no witness' : `only ${[...cosigners.keys()].join(', ')}`;
    return untrusted(checkpoint, `${seen} saw it, which the quorum is not content with`);
  }
  return succeed({ signed: parsed.value, checkpoint, log: log.value, cosigners });
}

/** The log of the policy that signed a checkpoint. Errors: "checkpoint_untrusted". */
export async function signingLog(
  policy: Pick<Policy, 'logs'>,
  { checkpoint, note }: SignedCheckpoint,
): Promise<Outcome<VerifierKey>> {
  let signer: VerifierKey | null = null;
  for (const { key } of policy.logs.filter((log) => log.key.name === checkpoint.origin)) {
    const state = await noteSignatureState(key, note);
    if (state === 'invalid') return untrusted(checkpoint, 'its log did not sign its line');
    if (state === 'valid') signer ??= key;
  }
  return signer === null
    ? untrusted(checkpoint, 'no log of the policy signed it')
    : succeed(signer);
}

function isReached(quorum: Quorum, hasSeen: (witness: string) => boolean): boolean {
  if (quorum.kind === 'none') return true;
  if (quorum.kind === 'witness') return hasSeen(quorum.name);
  const reached = quorum.members.filter((member) => isReached(member, hasSeen));
  return reached.length >= quorum.threshold;
}

function untrusted({ origin, size }: Checkpoint, why: string): Outcome<never> {
  const text = `checkpoint ${size} of "${origin.slice(0, 80)}" is not to be trusted: ${why}`;
  return fail(failure('checkpoint_untrusted', `${text}. Ask for it again, or widen the policy.`));
}

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Capability, ConformanceReport } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import type { IdleReason } from '../domain/idle.ts';
import { QUARANTINE_REASON_CHARS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Standing } from '../domain/standing.ts';
import {
  IdleReason as WireIdleReason,
  JoinClaimSchema,
  StandingSchema,
  type JoinClaim as WireJoinClaim,
  type Standing as WireStanding,
} from './gen/manyhands/agents/v1/agent_service_pb.ts';
import {
  capabilityFromWire,
  capabilityToWire,
  conformanceFromWire,
  conformanceToWire,
} from './capability-wire.ts';
import { nameTable } from './name-table.ts';
import { numberFromWide } from './wide-integer.ts';

/** What an agent signs to join. */
export type JoinClaim = {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly challenge: Uint8Array;
  readonly versions: readonly number[];
  readonly capability: Capability;
  readonly conformance: readonly ConformanceReport[];
  /** The nonce that the challenge asked for; empty where it asked for none. */
  readonly work: Uint8Array;
  /** The kind of lie that it tells on purpose; null or left out: it is honest. */
  readonly lie?: string | null;
  /** The operator's word, over the challenge, that it may lie; null or left out: it is no canary. */
  readonly canaryProof?: Uint8Array | null;
};

const IDLE = nameTable<IdleReason, WireIdleReason>({
  no_jobs: WireIdleReason.NO_JOBS,
  all_leased: WireIdleReason.ALL_LEASED,
  missing_primitive: WireIdleReason.MISSING_PRIMITIVE,
  memory_too_small: WireIdleReason.MEMORY_TOO_SMALL,
  already_did: WireIdleReason.ALREADY_DID,
  retry_later: WireIdleReason.RETRY_LATER,
  first_results_pending: WireIdleReason.FIRST_RESULTS_PENDING,
  checks_behind: WireIdleReason.CHECKS_BEHIND,
  quarantined: WireIdleReason.QUARANTINED,
  too_many_leases: WireIdleReason.TOO_MANY_LEASES,
  range_at_share: WireIdleReason.RANGE_AT_SHARE,
  shutting_down: WireIdleReason.SHUTTING_DOWN,
});

export function idleReasonToWire(reason: IdleReason): WireIdleReason {
  return IDLE.toWire(reason);
}

/** A reason that this build does not know reads as nothing queued. */
export function idleReasonFromWire(value: WireIdleReason): IdleReason {
  return IDLE.fromWire(value) ?? 'no_jobs';
}

/** The bytes that an agent signs (purpose "join") and sends as they are. */
export function joinClaimToBytes(
  claim: Omit<JoinClaim, 'work'> & { readonly work?: Uint8Array },
): Uint8Array {
  return toBinary(
    JoinClaimSchema,
    create(JoinClaimSchema, {
      publicKey: claim.publicKey,
      challenge: claim.challenge,
      versions: [...claim.versions],
      capability: capabilityToWire(claim.capability),
      conformance: conformanceToWire(claim.conformance),
      ...(claim.work !== undefined && { work: claim.work }),
      lie: claim.lie ?? '',
      canaryProof: claim.canaryProof ?? new Uint8Array(),
    }),
  );
}

/** The message in signed bytes, for rules to be checked on it before `joinClaimFromWire`. */
export function joinClaimMessageFromBytes(bytes: Uint8Array): Outcome<WireJoinClaim> {
  try {
    return succeed(fromBinary(JoinClaimSchema, bytes));
  } catch (error) {
    return fail(failure('input_malformed', `the join claim does not parse: ${String(error)}`));
  }
}

export function joinClaimFromWire(message: WireJoinClaim): Outcome<JoinClaim> {
  const capability = capabilityFromWire(message.capability);
  if (!capability.ok) return capability;
  const conformance = conformanceFromWire(message.conformance);
  if (!conformance.ok) return conformance;
  const { publicKey, challenge, versions, work, lie, canaryProof } = message;
  return succeed({
    publicKey,
    challenge,
    versions,
    capability: capability.value,
    conformance: conformance.value,
    work,
    lie: lie === '' ? null : lie,
    canaryProof: canaryProof.byteLength === 0 ? null : canaryProof,
  });
}

export function joinClaimFromBytes(bytes: Uint8Array): Outcome<JoinClaim> {
  const message = joinClaimMessageFromBytes(bytes);
  return message.ok ? joinClaimFromWire(message.value) : message;
}

export function standingToWire(standing: Standing): WireStanding {
  return create(StandingSchema, {
    accepted: BigInt(standing.accepted),
    rejected: BigInt(standing.rejected),
    pending: BigInt(standing.pending),
    quarantinedUntilMs: BigInt(standing.quarantine?.untilMs ?? 0),
    quarantineReason: standing.quarantine?.reason.slice(0, QUARANTINE_REASON_CHARS_MAX) ?? '',
  });
}

export function standingFromWire(message: WireStanding | undefined): Outcome<Standing> {
  if (message === undefined) return fail(failure('input_malformed', 'the standing is missing'));
  const accepted = numberFromWide(message.accepted, 'accepted');
  if (!accepted.ok) return accepted;
  const rejected = numberFromWide(message.rejected, 'rejected');
  if (!rejected.ok) return rejected;
  const pending = numberFromWide(message.pending, 'pending');
  if (!pending.ok) return pending;
  const untilMs = numberFromWide(message.quarantinedUntilMs, 'quarantined_until_ms');
  if (!untilMs.ok) return untilMs;
  return succeed({
    accepted: accepted.value,
    rejected: rejected.value,
    pending: pending.value,
    quarantine:
      untilMs.value === 0 ? null : { untilMs: untilMs.value, reason: message.quarantineReason },
  });
}

import type { AgentId } from '../../domain/ids.ts';
import type { Failure } from '../../domain/failure.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf, equalBytes } from '../../integrity/index.ts';
import {
  decodeForkProof,
  parsePolicy,
  parseVerifierKey,
  provesFork,
  trustCheckpoint,
  type ForkProof,
  type Policy,
  type TrustedCheckpoint,
  type VerifierKey,
} from '../../ledger/index.ts';
import type { ArchiveState, GetRecordResponse } from '../../wire/index.ts';

/** The record as an orchestrator tells it, with all that can be checked from the answer checked. */
export type RecordView = {
  readonly origin: string;
  readonly key: VerifierKey;
  readonly keyText: string;
  /** The same key as an owner of entries. */
  readonly logKey: AgentId;
  /** Entries that have their place, published or not. */
  readonly size: number;
  readonly checkpoint: CheckpointView;
  readonly functions: readonly NamedFunction[];
  readonly archive: ArchiveView | null;
  readonly witnesses: readonly WitnessView[];
  readonly policy: Policy;
  /** Proofs that hold, of this log or of another that the policy names. */
  readonly forks: readonly FoundFork[];
};

export type CheckpointView =
  | { readonly kind: 'none' }
  | { readonly kind: 'trusted'; readonly trusted: TrustedCheckpoint }
  /** `isWaiting`: the log signed it, and too few witnesses have seen it yet. */
  | { readonly kind: 'refused'; readonly failure: Failure; readonly isWaiting: boolean };

export type NamedFunction = { readonly name: string; readonly id: string };

export type WitnessView = {
  readonly name: string;
  readonly size: number;
  /** Null: it never cosigned. */
  readonly atMs: number | null;
};

export type ArchiveView = {
  readonly target: string;
  readonly confirmedSize: number;
  readonly postedSize: number;
  readonly confirmedAtMs: number | null;
  readonly failure: string | null;
  readonly retryAtMs: number | null;
  /** When entries that are too few for a piece are archived; null: none wait so. Unix time in ms. */
  readonly dueAtMs: number | null;
  /** What it refuses: entries from `first` up to, not including, `end`. */
  readonly refused: readonly { readonly first: number; readonly end: number }[];
};

export type FoundFork = {
  readonly origin: string;
  readonly proof: ForkProof;
  readonly bytes: Uint8Array;
};

const textEncoder = new TextEncoder();

/**
 * What an orchestrator says of its record.
 *
 * The answer is not trusted: signatures are verified, and fork proofs that do not hold left out.
 * Errors: those of keys and policies that do not parse.
 */
export async function recordViewFrom(message: GetRecordResponse): Promise<Outcome<RecordView>> {
  const key = parseVerifierKey(message.verifierKey);
  if (!key.ok) return key;
  const logKey = agentIdOf(key.value.publicKey);
  if (!logKey.ok) return logKey;
  const policy = policyFrom(message.policy, key.value);
  if (!policy.ok) return policy;
  return succeed({
    origin: message.origin,
    key: key.value,
    keyText: message.verifierKey,
    logKey: logKey.value,
    size: Number(message.size),
    checkpoint: await checkpointFrom(message.checkpoint, policy.value),
    functions: message.functions.map(({ name, functionId }) => ({ name, id: functionId })),
    archive: message.archive === undefined ? null : archiveFrom(message.archive),
    witnesses: message.witnesses.map(({ name, cosignedSize, cosignedAtMs }) => ({
      name,
      size: Number(cosignedSize),
      atMs: instantFrom(cosignedAtMs),
    })),
    policy: policy.value,
    forks: await forksFrom(message.forkProofs, policy.value),
  });
}

/** The id of one of the network's own functions; null where there is none. */
export function functionNamed(view: RecordView, name: string): string | null {
  return view.functions.find((one) => one.name === name)?.id ?? null;
}

/**
 * A record whose checkpoint still waits for witnesses, with the one before that they have seen.
 *
 * A log publishes first and is cosigned then: what was trusted a moment ago still is.
 */
export function withLastTrusted(fresh: RecordView, former: RecordView | undefined): RecordView {
  const isWaiting = fresh.checkpoint.kind === 'refused' && fresh.checkpoint.isWaiting;
  if (!isWaiting || former?.checkpoint.kind !== 'trusted') return fresh;
  return former.keyText === fresh.keyText ? { ...fresh, checkpoint: former.checkpoint } : fresh;
}

/** How many entries that have their place are not in the tree that was signed. */
export function waitingCount({ size, checkpoint }: RecordView): number {
  const published = checkpoint.kind === 'trusted' ? checkpoint.trusted.checkpoint.size : 0;
  return Math.max(0, size - published);
}

/** An orchestrator without a policy is taken at its word: its log, and no witnesses. */
function policyFrom(text: string, key: VerifierKey): Outcome<Policy> {
  const own = { key, url: null };
  if (text === '') {
    return succeed({ logs: [own], witnesses: new Map(), quorum: { kind: 'none' } });
  }
  const policy = parsePolicy(textEncoder.encode(text));
  if (!policy.ok) return policy;
  const isNamed = policy.value.logs.some((log) => equalBytes(log.key.publicKey, key.publicKey));
  return isNamed ? policy : succeed({ ...policy.value, logs: [...policy.value.logs, own] });
}

async function checkpointFrom(bytes: Uint8Array, policy: Policy): Promise<CheckpointView> {
  if (bytes.byteLength === 0) return { kind: 'none' };
  const trusted = await trustCheckpoint(policy, bytes);
  if (trusted.ok) return { kind: 'trusted', trusted: trusted.value };
  const byLog = await trustCheckpoint({ ...policy, quorum: { kind: 'none' } }, bytes);
  return { kind: 'refused', failure: trusted.failure, isWaiting: byLog.ok };
}

async function forksFrom(proofs: readonly Uint8Array[], policy: Policy): Promise<FoundFork[]> {
  const found: FoundFork[] = [];
  for (const bytes of proofs) {
    const proof = decodeForkProof(bytes);
    if (!proof.ok) continue;
    const { origin } = proof.value.newer.checkpoint;
    const log = policy.logs.find(({ key }) => key.name === origin);
    if (log === undefined || !(await provesFork(log.key, proof.value))) continue;
    found.push({ origin, proof: proof.value, bytes });
  }
  return found;
}

function archiveFrom(state: ArchiveState): ArchiveView {
  return {
    target: state.target,
    confirmedSize: Number(state.confirmedSize),
    postedSize: Number(state.postedSize),
    confirmedAtMs: instantFrom(state.confirmedAtMs),
    failure: state.failure === '' ? null : state.failure,
    retryAtMs: instantFrom(state.retryAtMs),
    dueAtMs: instantFrom(state.dueAtMs),
    refused: state.refused.map(({ first, end }) => ({ first: Number(first), end: Number(end) })),
  };
}

/** Protobuf says 0 for never. */
function instantFrom(atMs: bigint): number | null {
  return atMs === 0n ? null : Number(atMs);
}

import type { Capability, DeviceFeatures } from '../domain/capability.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { DEVICE_LABEL_CHARS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { publicKeyOf, type Signer } from '../integrity/index.ts';
import { joinClaimToBytes } from '../wire/index.ts';
import type { AgentLimits, SessionTerms } from './agent-event.ts';
import type { Clock } from './agent-ports.ts';
import type { AgentRpc } from './agent-rpc.ts';
import type { DeviceReport } from './agent-snapshot.ts';
import type { ComputePool } from './compute-pool.ts';
import type { PoolOpening } from './pool-task.ts';
import type { LaneSurvey } from './lane-message.ts';
import { doJoinWork } from './join-work.ts';
import type { AgentLiar } from './lies/liar.ts';
import type { TaskData } from './task-data.ts';

/** What a device is before anything was tried on it. */
export type DeviceFacts = Pick<Capability, 'kind' | 'label' | 'logicalCores'> & {
  readonly features: Omit<DeviceFeatures, 'webgpu'>;
};

/** Protocol versions that this agent speaks. */
const PROTOCOL_VERSIONS = [1] as const;

export type JoinPorts = {
  readonly signer: Signer;
  readonly pool: ComputePool;
  readonly device: DeviceFacts;
  readonly clock: Clock;
  /** Lies on purpose, so that checks can be seen to work; absent in every honest agent. */
  readonly liar?: AgentLiar;
};

/** Whom to join, what to lend to it, and where its tasks find what lanes lack. */
export type Joining = {
  readonly rpc: AgentRpc;
  readonly data: Pick<TaskData, 'give'>;
  readonly onBroken: PoolOpening['onBroken'];
  readonly limits: AgentLimits;
};

/**
 * Opens the lanes, which proves what they compute rightly, while the challenge is fetched; then
 * joins with a signed claim of both, and of the work that the challenge asks for. An orchestrator
 * that is away is told of without waiting for the lanes, which the caller closes.
 *
 * A liar says so, and does not stay where it may not lie: also an orchestrator that does not know
 * of liars, and so lets one in, gets nothing from it.
 * Errors: those of the pool, of the calls, of `doJoinWork`, "key_unusable", "sandbox_only".
 */
export async function joinNetwork(
  ports: JoinPorts,
  { rpc, data, limits, onBroken }: Joining,
  signal: AbortSignal,
): Promise<Outcome<{ readonly terms: SessionTerms; readonly device: DeviceReport }>> {
  const { signer, pool, liar } = ports;
  const publicKey = publicKeyOf(signer.agent);
  if (!publicKey.ok) return publicKey;
  const opening = pool.open({ limits, give: data.give, onBroken }, signal);
  const asked = await rpc.challenge(publicKey.value, signal);
  if (!asked.ok) return asked;
  const { challenge, workBits } = asked.value;
  const survey = await opening;
  if (!survey.ok) return survey;
  const subject = { challenge, publicKey: publicKey.value };
  const work = await doJoinWork(subject, { bits: workBits, clock: ports.clock, signal });
  if (!work.ok) return work;
  const device = deviceReport(ports.device, limits, survey.value);
  const bytes = joinClaimToBytes({
    publicKey: publicKey.value,
    challenge,
    work: work.value,
    versions: PROTOCOL_VERSIONS,
    ...device,
    lie: liar?.kind ?? null,
    canaryProof: liar?.proveCanary?.(challenge) ?? null,
  });
  const signature = await signer.sign({ purpose: 'join', bytes });
  const terms = await rpc.join({ bytes, signature }, signal);
  if (!terms.ok) return terms;
  if (liar !== undefined && !terms.value.mayLie) {
    await rpc.leave(terms.value.session);
    return fail(notASandbox());
  }
  return succeed({ terms: terms.value, device });
}

function notASandbox(): Failure {
  const text = 'this orchestrator is no sandbox, and an agent does not lie to any other';
  return failure('sandbox_only', `${text}. Start one with "manyhands start --sandbox".`);
}

/** What a device tells of itself, from what it is and what was found out about it. */
export function deviceReport(
  facts: DeviceFacts,
  limits: AgentLimits,
  survey: LaneSurvey,
): DeviceReport {
  const { kind, label, logicalCores } = facts;
  const { lanes, memoryBytes } = limits;
  const { primitives, conformance, webgpu } = survey;
  const capability = {
    kind,
    label: label.slice(0, DEVICE_LABEL_CHARS_MAX),
    lanes,
    memoryBytes,
    logicalCores,
    features: { ...facts.features, webgpu },
    primitives,
  };
  return { capability, conformance };
}

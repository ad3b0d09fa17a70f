import type { ServiceImpl } from '@connectrpc/connect';
import { failure } from '../../domain/failure.ts';
import { parseLeaseId, parseSessionId, type AgentId, type SessionId } from '../../domain/ids.ts';
import {
  HEARTBEAT_MS,
  IDLE_HEARTBEAT_MS,
  LEASE_MS,
  LEASES_PER_CALL_MAX,
  LONG_POLL_MS,
  QUARANTINE_REASON_CHARS_MAX,
  TOLD_WAIT_MS_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Standing } from '../../domain/standing.ts';
import { agentIdOf, encodeBase64url } from '../../integrity/index.ts';
import {
  admitAgent,
  leaseNumberOf,
  sessionOf,
  standingOf,
  type LeaseNumber,
  type SchedulerEventBody,
  type SessionView,
} from '../../scheduler/index.ts';
import {
  idleReasonToWire,
  joinClaimFromWire,
  joinClaimMessageFromBytes,
  JoinClaimSchema,
  leasedTasksToWire,
  resultStatusToWire,
  standingToWire,
  type AgentService,
  type JoinClaimContent,
  type JoinRequest,
} from '../../wire/index.ts';
import { validateMessage } from '../../wire/validation.ts';
import type { Calling, ClientLimits } from '../access/client-limits.ts';
import type { JoiningRules } from '../access/joining-rules.ts';
import type { ConformanceTable } from '../conformance/conformance-keeper.ts';
import type { AdmitLiar } from '../access/lying-agents.ts';
import type { CanaryWatch } from '../canary-watch.ts';
import type { SignedClaim } from '../access/verify-now.ts';
import { shuttingDown } from '../coordinator.ts';
import type { EvidenceBook } from '../evidence/evidence-book.ts';
import type { SignedReports } from '../evidence/signed-reports.ts';
import type { JobHome } from '../jobs/job-home.ts';
import { leaseOrWait, tasksOf, type Leased, type LeasingParts } from '../leasing.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { takeReport } from '../reports.ts';
import type { TrustKeeper } from '../trust/trust-keeper.ts';
import { sessionUnknown } from '../session-unknown.ts';
import type { BlockSource } from '../../data/index.ts';
import { callingOf } from './caller.ts';
import { unwrap } from './unwrap.ts';

/** The only protocol version so far. */
const PROTOCOL_VERSION = 1;

type Parts = LeasingParts & {
  readonly rules: JoiningRules;
  readonly limits: ClientLimits;
  readonly trust: Pick<TrustKeeper, 'isTrusted'>;
  /** Where the quarantined may appeal to; null: nowhere that is known. */
  readonly contact: string | null;
  readonly home: Pick<JobHome, 'historyOf'>;
  readonly blocks: BlockSource;
  readonly reports: SignedReports;
  readonly evidence: Pick<EvidenceBook, 'recordMalformed'> | null;
  readonly verify: (claim: SignedClaim) => boolean;
  readonly conformance: Pick<ConformanceTable, 'note'>;
  readonly isSandbox: boolean;
  readonly admitLiar: AdmitLiar;
  readonly canaries: Pick<CanaryWatch, 'joined'>;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'randomBytes'>;
};

/** How agents take part. */
export function agentsRoute(parts: Parts): ServiceImpl<typeof AgentService> {
  const { coordinator, rules, limits, now } = parts;
  const standing = (agent: AgentId) =>
    standingToWire(withAppeal(standingOf(coordinator.state, agent), parts.contact));
  return {
    async getChallenge({ publicKey }, context) {
      const by = callingOf(context, now);
      unwrap(limits.challenge(by));
      // Agents of before name no key.
      const agent = publicKey.byteLength === 0 ? null : unwrap(agentIdOf(publicKey));
      return unwrap(await rules.challenge(agent === null ? null : { agent, publicKey }, by));
    },

    async join(request, context) {
      const by = callingOf(context, now);
      unwrap(limits.join(by));
      const { agent, claim } = unwrap(await checkClaim(parts, request, by));
      const admission = unwrap(parts.admitLiar(claim));
      const isCanary = admission.kind === 'canary';
      unwrap(admitAgent(coordinator.state));
      // 32 bytes are the 43 characters that `parseSessionId` accepts.
      const session = `session_${encodeBase64url(parts.platform.randomBytes(32))}` as SessionId;
      const { capability } = claim;
      const history = unwrap(await parts.home.historyOf(agent));
      // Asked in the same turn as it is submitted: no revocation comes between.
      const trusted = parts.trust.isTrusted(agent, now());
      const joined: SchedulerEventBody = {
        kind: 'agent-joined',
        agent,
        session,
        capability,
        ...(by.range !== null && { origin: by.range }),
        ...(trusted && { trusted }),
        ...(isCanary && { canary: true }),
        ...(history !== null && { history }),
      };
      unwrap(await coordinator.submit(joined));
      parts.conformance.note({ agent, capability, conformance: claim.conformance });
      if (isCanary) parts.canaries.joined({ agent, session, lie: admission.lie });
      const { kind, label } = capability;
      rules.joined(agent, by);
      const lie = claim.lie ?? null;
      const joiner = { agent: agent.slice(0, 8), kind, label };
      parts.logger.info('agent joined', lie === null ? joiner : { ...joiner, lie });
      return {
        sessionId: session,
        version: PROTOCOL_VERSION,
        heartbeatMs: HEARTBEAT_MS,
        leasesPerCallMax: LEASES_PER_CALL_MAX,
        longPollMs: LONG_POLL_MS,
        standing: standing(agent),
        idleHeartbeatMs: IDLE_HEARTBEAT_MS,
        sandbox: parts.isSandbox,
        canary: isCanary,
      };
    },

    async leaseTasks({ sessionId, maxTasks, waitMs }, context) {
      const session = unwrap(parseSessionId(sessionId));
      const { agent } = unwrap(holderOf(parts, session));
      unwrap(limits.call(session, callingOf(context, now)));
      parts.life.heard(session, parts.now());
      const leased = unwrap(await leaseOrWait(parts, { session, maxTasks, waitMs, context }));
      const shared = { standing: standing(agent) };
      if (leased.kind === 'granted') {
        return { ...shared, ...leasedTasksToWire(await tasksOf(parts, leased.leases)) };
      }
      const askAgainMs = Math.min(leased.askAgainMs, TOLD_WAIT_MS_MAX);
      return { ...shared, idleReason: idleReasonToWire(leased.reason), askAgainMs };
    },

    async reportResults({ report, signature, maxTasks }, context) {
      const calling = callingOf(context, now);
      unwrap(limits.report(report.byteLength, calling));
      const signed = { bytes: report, signature, maxTasks, calling };
      const { agent, statuses, next } = unwrap(await takeReport(parts, signed));
      return {
        statuses: statuses.map(resultStatusToWire),
        standing: standing(agent),
        ...(next !== null && { next: await nextTasks(parts, next) }),
      };
    },

    async heartbeat({ sessionId, leases, withdrawnLeaseIds }, context) {
      const session = unwrap(parseSessionId(sessionId));
      const { agent, leaseCount } = unwrap(holderOf(parts, session));
      unwrap(limits.call(session, callingOf(context, now)));
      if (parts.isStopping()) unwrap(fail(shuttingDown()));
      parts.life.heard(session, parts.now());
      if (withdrawnLeaseIds.length > 0) await withdraw(parts, session, withdrawnLeaseIds);
      // It changes nothing, so it needs no event: see signs-of-life.ts.
      if (leases.length === 0 && leaseCount === 0) return { standing: standing(agent) };
      const named = leases.map(({ leaseId }) => {
        const id = unwrap(parseLeaseId(leaseId));
        return { id, number: leaseNumberOf(coordinator.state, id) };
      });
      const numbers = named.flatMap(({ number }) => number ?? []);
      const event = { kind: 'heartbeat', session, leases: numbers } as const;
      const effects = unwrap(await coordinator.submit(event));
      if (effects.some(({ kind }) => kind === 'session-unknown')) unwrap(fail(sessionUnknown()));
      // Ids that are not ours are dropped like leases that are over.
      const dropped = new Set<LeaseNumber | null>([null]);
      for (const effect of effects) {
        if (effect.kind === 'leases-dropped') effect.leases.forEach((one) => dropped.add(one));
      }
      const over = named.filter(({ number }) => dropped.has(number));
      return { droppedLeaseIds: over.map(({ id }) => id), standing: standing(agent) };
    },

    async leave({ sessionId }) {
      const session = unwrap(parseSessionId(sessionId));
      unwrap(holderOf(parts, session));
      unwrap(await coordinator.submit({ kind: 'agent-left', session }));
      return {};
    },
  };
}

/** Takes back what the agent itself found to be wrong; what is no lease of its own is passed over. */
async function withdraw(
  { coordinator }: Parts,
  session: SessionId,
  ids: readonly string[],
): Promise<void> {
  const leases = ids.flatMap((id) => {
    const lease = unwrap(parseLeaseId(id));
    return leaseNumberOf(coordinator.state, lease) ?? [];
  });
  const effects = unwrap(await coordinator.submit({ kind: 'results-withdrawn', session, leases }));
  if (effects.some(({ kind }) => kind === 'session-unknown')) unwrap(fail(sessionUnknown()));
}

async function nextTasks(parts: Parts, next: Leased) {
  if (next.kind === 'granted') return leasedTasksToWire(await tasksOf(parts, next.leases));
  return { idleReason: idleReasonToWire(next.reason) };
}

/** Tells the quarantined where to turn to, within what a reason may have. */
function withAppeal(standing: Standing, contact: string | null): Standing {
  const { quarantine } = standing;
  if (quarantine === null || contact === null) return standing;
  const appeal = ` (to appeal: ${contact})`;
  const room = QUARANTINE_REASON_CHARS_MAX - appeal.length;
  const reason = `${quarantine.reason.slice(0, Math.max(0, room))}${appeal}`;
  return { ...standing, quarantine: { ...quarantine, reason } };
}

function holderOf(parts: Parts, session: SessionId): Outcome<SessionView> {
  const holder = sessionOf(parts.coordinator.state, session);
  return holder === null ? fail(sessionUnknown()) : succeed(holder);
}

/** The claim that an agent signed. All of it is a stranger's until the signature holds. */
async function checkClaim(
  parts: Parts,
  request: JoinRequest,
  by: Calling,
): Promise<Outcome<{ readonly agent: AgentId; readonly claim: JoinClaimContent }>> {
  const message = joinClaimMessageFromBytes(request.claim);
  if (!message.ok) return message;
  const valid = validateMessage(JoinClaimSchema, message.value);
  if (!valid.ok) return valid;
  const { versions, publicKey, challenge, work } = valid.value;
  if (!versions.includes(PROTOCOL_VERSION)) {
    const text = `the agent speaks protocol ${versions.join(', ')}, this orchestrator only`;
    const remedy = 'Load the page again, or update the agent';
    return fail(failure('version_unsupported', `${text} ${PROTOCOL_VERSION}. ${remedy}.`));
  }
  const agent = agentIdOf(publicKey);
  if (!agent.ok) return agent;
  const answered = { agent: agent.value, publicKey, challenge, work };
  const fresh = await parts.rules.check(answered, by);
  if (!fresh.ok) return fresh;
  const { claim: bytes, signature } = request;
  if (!parts.verify({ agent: agent.value, purpose: 'join', bytes, signature })) {
    const text = "the claim's signature is not of its key";
    return fail(failure('signature_invalid', `${text}. Sign the bytes that are sent.`));
  }
  const claim = joinClaimFromWire(valid.value);
  return claim.ok ? succeed({ agent: agent.value, claim: claim.value }) : claim;
}

// Agents that stay silent for a heartbeat or two keep their leases.
if (HEARTBEAT_MS * 2 >= LEASE_MS) throw new Error('broken invariant: heartbeats renew leases');

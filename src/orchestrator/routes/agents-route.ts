import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { failure, FailureError } from '../../domain/failure.ts';
import { parseLeaseId, parseSessionId, type AgentId, type SessionId } from '../../domain/ids.ts';
import type { IdleReason } from '../../domain/idle.ts';
import {
  HEARTBEAT_MS,
  LEASE_MS,
  LEASES_PER_CALL_MAX,
  LONG_POLL_MS,
  TOLD_WAIT_MS_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { LeasedTask } from '../../domain/work.ts';
import { agentIdOf, encodeBase64url } from '../../integrity/index.ts';
import {
  admitAgent,
  countWaiting,
  idleReasonFor,
  sessionOf,
  standingOf,
  type GrantedLease,
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
import type { Challenges } from '../access/challenge.ts';
import type { Coordinator } from '../coordinator.ts';
import type { LeaseWaits } from '../lease-waits.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { sessionUnknown, takeReport } from '../reports.ts';
import type { StageWorks } from '../stage-works.ts';
import type { BlockSource } from '../../data/index.ts';
import { unwrap } from './unwrap.ts';

/** The only protocol version so far. */
const PROTOCOL_VERSION = 1;

type Parts = {
  readonly coordinator: Coordinator;
  readonly challenges: Challenges;
  readonly waits: LeaseWaits;
  readonly works: StageWorks;
  readonly blocks: BlockSource;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'randomBytes' | 'verifyBytes'>;
  readonly now: () => number;
  readonly isStopping: () => boolean;
};

/** How agents take part. */
export function agentsRoute(parts: Parts): ServiceImpl<typeof AgentService> {
  const { coordinator, challenges } = parts;
  const standing = (agent: AgentId) => standingToWire(standingOf(coordinator.state, agent));
  return {
    getChallenge: () => ({ challenge: challenges.issue(parts.now()) }),

    async join(request) {
      const claim = unwrap(await checkClaim(parts, request));
      const agent = unwrap(agentIdOf(claim.publicKey));
      unwrap(admitAgent(coordinator.state));
      // 32 bytes are the 43 characters that `parseSessionId` accepts.
      const session = `session_${encodeBase64url(parts.platform.randomBytes(32))}` as SessionId;
      const { capability } = claim;
      unwrap(await coordinator.submit({ kind: 'agent-joined', agent, session, capability }));
      const { kind, label } = capability;
      parts.logger.info('agent joined', { agent: agent.slice(0, 8), kind, label });
      return {
        sessionId: session,
        version: PROTOCOL_VERSION,
        heartbeatMs: HEARTBEAT_MS,
        leasesPerCallMax: LEASES_PER_CALL_MAX,
        longPollMs: LONG_POLL_MS,
        standing: standing(agent),
      };
    },

    async leaseTasks({ sessionId, maxTasks, waitMs }, context) {
      const session = unwrap(parseSessionId(sessionId));
      const { agent } = unwrap(holderOf(parts, session));
      const leased = await lease(parts, { session, maxTasks, waitMs, context });
      const shared = { standing: standing(agent) };
      if (leased.kind === 'granted') {
        return { ...shared, ...leasedTasksToWire(tasksOf(parts, leased.leases)) };
      }
      const askAgainMs = Math.min(leased.askAgainMs, TOLD_WAIT_MS_MAX);
      return { ...shared, idleReason: idleReasonToWire(leased.reason), askAgainMs };
    },

    async reportResults({ report, signature }) {
      const answer = unwrap(await takeReport(parts, { bytes: report, signature }));
      const statuses = answer.statuses.map(resultStatusToWire);
      return { statuses, standing: standing(answer.agent) };
    },

    async heartbeat({ sessionId, leases }) {
      const session = unwrap(parseSessionId(sessionId));
      const { agent } = unwrap(holderOf(parts, session));
      const ids = leases.map(({ leaseId }) => unwrap(parseLeaseId(leaseId)));
      const effects = unwrap(await coordinator.submit({ kind: 'heartbeat', session, leases: ids }));
      if (effects.some(({ kind }) => kind === 'session-unknown')) unwrap(fail(sessionUnknown()));
      const dropped = effects.flatMap((effect) => {
        return effect.kind === 'leases-dropped' ? effect.leases : [];
      });
      return { droppedLeaseIds: dropped, standing: standing(agent) };
    },

    async leave({ sessionId }) {
      const session = unwrap(parseSessionId(sessionId));
      unwrap(holderOf(parts, session));
      unwrap(await coordinator.submit({ kind: 'agent-left', session }));
      return {};
    },
  };
}

function holderOf(parts: Parts, session: SessionId): Outcome<{ readonly agent: AgentId }> {
  const holder = sessionOf(parts.coordinator.state, session);
  return holder === null ? fail(sessionUnknown()) : succeed(holder);
}

/** The claim that an agent signed. All of it is a stranger's until the signature holds. */
async function checkClaim(parts: Parts, request: JoinRequest): Promise<Outcome<JoinClaimContent>> {
  const message = joinClaimMessageFromBytes(request.claim);
  if (!message.ok) return message;
  const valid = validateMessage(JoinClaimSchema, message.value);
  if (!valid.ok) return valid;
  const { versions } = valid.value;
  if (!versions.includes(PROTOCOL_VERSION)) {
    const text = `the agent speaks protocol ${versions.join(', ')}, this orchestrator only`;
    const remedy = 'Load the page again, or update the agent';
    return fail(failure('version_unsupported', `${text} ${PROTOCOL_VERSION}. ${remedy}.`));
  }
  const fresh = parts.challenges.check(valid.value.challenge, parts.now());
  if (!fresh.ok) return fresh;
  const agent = agentIdOf(valid.value.publicKey);
  if (!agent.ok) return agent;
  const { claim: bytes, signature } = request;
  const signed = { agent: agent.value, purpose: 'join', bytes, signature };
  if (!(await parts.platform.verifyBytes(signed))) {
    const text = "the claim's signature is not of its key";
    return fail(failure('signature_invalid', `${text}. Sign the bytes that are sent.`));
  }
  return joinClaimFromWire(valid.value);
}

type Leased =
  | { readonly kind: 'granted'; readonly leases: readonly GrantedLease[] }
  | { readonly kind: 'refused'; readonly reason: IdleReason; readonly askAgainMs: number };

/** Leases tasks, waiting for some as long as the agent wants to. */
async function lease(
  parts: Parts,
  request: {
    readonly session: SessionId;
    readonly maxTasks: number;
    readonly waitMs: number;
    readonly context: HandlerContext;
  },
): Promise<Leased> {
  const { session, maxTasks, context } = request;
  const deadlineAtMs = parts.now() + Math.min(request.waitMs, LONG_POLL_MS);
  for (;;) {
    if (parts.isStopping()) return SHUTTING_DOWN;
    const round = parts.waits.round();
    const leased = await leaseOnce(parts, { session, maxTasks });
    const leftMs = deadlineAtMs - parts.now();
    if (leased.kind === 'granted' || leased.reason === 'quarantined' || leftMs <= 0) return leased;
    // What was refused to this one may be for the next.
    if (countWaiting(parts.coordinator.state) > 0) parts.waits.passOn();
    // Its own results are judged meanwhile, which makes no work available to others.
    const holdsMost = leased.reason === 'too_many_leases';
    const waitMs = holdsMost ? Math.min(leased.askAgainMs, leftMs) : leftMs;
    const wake = await parts.waits.wait({ round, waitMs, signal: context.signal });
    if (wake === 'time' && waitMs === leftMs) return leased;
    if (wake === 'stopped') return SHUTTING_DOWN;
  }
}

const SHUTTING_DOWN: Leased = { kind: 'refused', reason: 'shutting_down', askAgainMs: 2_000 };

async function leaseOnce(
  parts: Parts,
  request: { readonly session: SessionId; readonly maxTasks: number },
): Promise<Leased> {
  const { coordinator } = parts;
  // A refusal changes nothing, so it is told without an event.
  const idle = idleReasonFor(coordinator.state, request.session, coordinator.nowMs());
  if (idle !== null) return { kind: 'refused', ...idle };
  const effects = unwrap(await coordinator.submit({ kind: 'lease-requested', ...request }));
  for (const effect of effects) {
    if (effect.kind === 'leases-granted') return { kind: 'granted', leases: effect.leases };
    if (effect.kind === 'lease-refused') return { ...effect, kind: 'refused' };
  }
  throw new FailureError(sessionUnknown());
}

function tasksOf({ works }: Parts, leases: readonly GrantedLease[]): LeasedTask[] {
  return leases.map(({ lease: id, task, job, stage, rows, leaseMs }) => {
    const work = works.of({ job, stage });
    return { lease: id, task, job, jobName: works.nameOf(job), work, rows, leaseMs };
  });
}

// Agents that stay silent for a heartbeat or two keep their leases.
if (HEARTBEAT_MS * 2 >= LEASE_MS) throw new Error('broken invariant: heartbeats renew leases');

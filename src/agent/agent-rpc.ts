import { createClient, type CallOptions, type Transport } from '@connectrpc/connect';
import { failure } from '../domain/failure.ts';
import { parseLeaseId, parseSessionId, type LeaseId, type SessionId } from '../domain/ids.ts';
import {
  AGENT_CALL_MS,
  HEARTBEAT_MS,
  IDLE_HEARTBEAT_MS,
  LEASES_PER_CALL_MAX,
  LEAVE_MS,
  LONG_POLL_MS,
  TOLD_WAIT_MS_MAX,
} from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { Standing } from '../domain/standing.ts';
import {
  AgentService,
  failureFromConnect,
  idleReasonFromWire,
  leasedTasksFromWire,
  resultStatusFromWire,
  standingFromWire,
  type HeartbeatResponse,
  type JoinResponse,
  type LeaseTasksResponse,
  type ReportResultsResponse,
} from '../wire/index.ts';
import type { LeaseAnswer, SessionTerms } from './agent-event.ts';

/** Bytes and their signature, to be sent as they are. */
export type Signed = { readonly bytes: Uint8Array; readonly signature: Uint8Array };

/**
 * The orchestrator as an agent sees it; every answer is parsed. A call that is aborted fails with
 * "canceled", one without an answer in AGENT_CALL_MS with "timeout".
 */
export type AgentRpc = {
  challenge(publicKey: Uint8Array, signal: AbortSignal): Promise<Outcome<JoinChallenge>>;
  join(claim: Signed, signal: AbortSignal): Promise<Outcome<SessionTerms>>;
  lease(
    ask: { readonly session: SessionId; readonly maxTasks: number; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<Outcome<LeaseAnswer>>;
  /** `maxTasks`: how many tasks are wanted along with the answer; none where it is left out. */
  report(
    report: Signed & { readonly maxTasks?: number },
    signal: AbortSignal,
  ): Promise<Outcome<ReportAnswer>>;
  heartbeat(
    beat: {
      readonly session: SessionId;
      readonly leases: readonly { readonly lease: LeaseId; readonly rowsDone: number }[];
      /** Results to be taken back; none where it is left out. */
      readonly withdrawn?: readonly LeaseId[];
    },
    signal: AbortSignal,
  ): Promise<Outcome<HeartbeatAnswer>>;
  /** Best effort within LEAVE_MS: an orchestrator that does not hear it sees the silence. */
  leave(session: SessionId): Promise<void>;
};

export type JoinChallenge = {
  readonly challenge: Uint8Array;
  /** Work that the claim must bring, in bits; 0: none. */
  readonly workBits: number;
};

export type ReportAnswer = {
  readonly statuses: readonly ResultStatus[];
  readonly standing: Standing;
  /** What became of the wish for tasks; null where the orchestrator does not say. */
  readonly next: LeaseAnswer | null;
};
export type HeartbeatAnswer = { readonly dropped: readonly LeaseId[]; readonly standing: Standing };

/** AgentService over any Connect transport. */
export function agentRpc(transport: Transport): AgentRpc {
  const client = createClient(AgentService, transport);
  return {
    challenge: async (publicKey, signal) => {
      const request = { publicKey };
      const called = await call((options) => client.getChallenge(request, options), { signal });
      if (!called.ok) return called;
      const { challenge, workBits } = called.value;
      return succeed({ challenge, workBits });
    },
    join: async ({ bytes, signature }, signal) => {
      const request = { claim: bytes, signature };
      const called = await call((options) => client.join(request, options), { signal });
      return called.ok ? termsFromWire(called.value) : called;
    },
    lease: async ({ session, maxTasks, waitMs }, signal) => {
      const request = { sessionId: session, maxTasks, waitMs };
      const wait = { signal, timeoutMs: waitMs + AGENT_CALL_MS };
      const called = await call((options) => client.leaseTasks(request, options), wait);
      return called.ok ? leaseAnswerFromWire(called.value, maxTasks) : called;
    },
    report: async ({ bytes, signature, maxTasks = 0 }, signal) => {
      const request = { report: bytes, signature, maxTasks };
      const called = await call((options) => client.reportResults(request, options), { signal });
      return called.ok ? reportAnswerFromWire(called.value, maxTasks) : called;
    },
    heartbeat: async ({ session, leases, withdrawn = [] }, signal) => {
      const request = {
        sessionId: session,
        withdrawnLeaseIds: [...withdrawn],
        leases: leases.map(({ lease, rowsDone }) => ({
          leaseId: lease,
          rowsDone: BigInt(rowsDone),
        })),
      };
      const called = await call((options) => client.heartbeat(request, options), { signal });
      return called.ok ? heartbeatAnswerFromWire(called.value) : called;
    },
    leave: async (session) => {
      await call((options) => client.leave({ sessionId: session }, options), {
        timeoutMs: LEAVE_MS,
      });
    },
  };
}

/** Makes a call and turns what it throws into a failure. */
export async function call<T>(
  make: (options: CallOptions) => Promise<T>,
  options: CallOptions,
): Promise<Outcome<T>> {
  try {
    return succeed(await make({ timeoutMs: AGENT_CALL_MS, ...options }));
  } catch (thrown) {
    return fail(failureFromConnect(thrown));
  }
}

// Everything below is said by the orchestrator, which may be faulty.

function termsFromWire(message: JoinResponse): Outcome<SessionTerms> {
  const session = parseSessionId(message.sessionId);
  if (!session.ok) return session;
  const standing = standingFromWire(message.standing);
  if (!standing.ok) return standing;
  const heartbeatMs = within(message.heartbeatMs, { min: 100, max: HEARTBEAT_MS * 12 });
  return succeed({
    session: session.value,
    heartbeatMs,
    // An orchestrator that does not know of it sends 0.
    idleHeartbeatMs: within(message.idleHeartbeatMs, { min: heartbeatMs, max: IDLE_HEARTBEAT_MS }),
    leasesPerCallMax: within(message.leasesPerCallMax, { min: 1, max: LEASES_PER_CALL_MAX }),
    longPollMs: within(message.longPollMs, { min: 0, max: LONG_POLL_MS }),
    standing: standing.value,
    mayLie: message.sandbox || message.canary,
  });
}

function leaseAnswerFromWire(message: LeaseTasksResponse, maxTasks: number): Outcome<LeaseAnswer> {
  const standing = standingFromWire(message.standing);
  if (!standing.ok) return standing;
  return tasksFromWire(message, { standing: standing.value, maxTasks });
}

/** As many tasks as were asked for: what is given beyond that is left to expire. */
function tasksFromWire(
  message: Pick<LeaseTasksResponse, 'works' | 'tasks' | 'idleReason' | 'askAgainMs'>,
  { standing, maxTasks }: { readonly standing: Standing; readonly maxTasks: number },
): Outcome<LeaseAnswer> {
  if (message.tasks.length === 0) {
    const reason = idleReasonFromWire(message.idleReason);
    const askAgainMs = within(message.askAgainMs, { min: 0, max: TOLD_WAIT_MS_MAX });
    return succeed({ kind: 'refused', reason, askAgainMs, standing });
  }
  const wanted = { works: message.works, tasks: message.tasks.slice(0, maxTasks) };
  const tasks = leasedTasksFromWire(wanted);
  return tasks.ok ? succeed({ kind: 'granted', tasks: tasks.value, standing }) : tasks;
}

function reportAnswerFromWire(
  message: ReportResultsResponse,
  maxTasks: number,
): Outcome<ReportAnswer> {
  const standing = standingFromWire(message.standing);
  if (!standing.ok) return standing;
  const statuses = message.statuses.map(resultStatusFromWire);
  const { next: wired } = message;
  if (wired === undefined) return succeed({ statuses, standing: standing.value, next: null });
  const asked = { standing: standing.value, maxTasks };
  const next = tasksFromWire({ ...wired, askAgainMs: 0 }, asked);
  return next.ok ? succeed({ statuses, standing: standing.value, next: next.value }) : next;
}

function heartbeatAnswerFromWire(message: HeartbeatResponse): Outcome<HeartbeatAnswer> {
  const standing = standingFromWire(message.standing);
  if (!standing.ok) return standing;
  const dropped: LeaseId[] = [];
  for (const text of message.droppedLeaseIds) {
    const lease = parseLeaseId(text);
    if (!lease.ok) return fail(failure('input_malformed', lease.failure.message));
    dropped.push(lease.value);
  }
  return succeed({ dropped, standing: standing.value });
}

function within(value: number, bounds: { readonly min: number; readonly max: number }): number {
  return Math.min(bounds.max, Math.max(bounds.min, value));
}

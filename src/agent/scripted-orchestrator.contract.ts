import {
  Code,
  ConnectError,
  createRouterTransport,
  type ConnectRouter,
  type Transport,
} from '@connectrpc/connect';
import { memoryBlocks, type BlockStore } from '../data/index.ts';
import { failure, type FailureCode } from '../domain/failure.ts';
import {
  parseContentId,
  parseJobId,
  parseLeaseId,
  parseSessionId,
  taskIdOf,
} from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { TaskReport } from '../domain/report.ts';
import type { Standing } from '../domain/standing.ts';
import type { LeasedTask, StageWork } from '../domain/work.ts';
import { agentIdOf, verifyBytes } from '../integrity/index.ts';
import {
  AgentService,
  DataService,
  failureToConnect,
  idleReasonToWire,
  joinClaimFromBytes,
  leasedTasksToWire,
  reportFromBytes,
  resultStatusToWire,
  standingToWire,
  type JoinClaimContent,
} from '../wire/index.ts';

/** A task as it is offered; `leaseMs` is 30 seconds where it is left out. */
export type OfferedTask = Pick<LeasedTask, 'work' | 'rows'> & { readonly leaseMs?: number };

type ToldTasks = ReturnType<typeof leasedTasksToWire>;

/** What is put in place of the true answer of a call, or of a part of it. */
export type Lies = {
  join?: () => { readonly sessionId: string };
  /** The whole answer; undefined: the true one. */
  lease?: () => ToldTasks | { readonly askAgainMs: number } | undefined;
  /** Answers only then. */
  leave?: () => Promise<void>;
};

const STANDING: Standing = { accepted: 0, rejected: 0, pending: 0, quarantine: null };
const CHALLENGE = new Uint8Array([1, 2, 3]);

/**
 * One side of the protocol for tests of the other: it keeps sessions, hands out the tasks it was
 * given and verifies every signature, but plans, checks and stores nothing.
 */
export class ScriptedOrchestrator {
  readonly name: string;
  readonly blocks: BlockStore = memoryBlocks({ bytesMax: Infinity });
  readonly claims: JoinClaimContent[] = [];
  readonly reported: TaskReport[] = [];
  readonly left: string[] = [];
  readonly calls: string[] = [];
  /** Leases whose results heartbeats took back. */
  readonly withdrawn: string[] = [];
  /** Heartbeats answer that these are to be dropped. */
  dropped: string[] = [];
  /** Every call but Leave fails so; null: none does. */
  failing: FailureCode | null = null;
  /** Requests for work are answered with "shutting_down". */
  isStopping = false;
  /** Agents may lie to it. */
  isSandbox = false;
  heartbeatMs = 1_000;
  session = '';
  /** How long a failure asks to wait. Milliseconds. */
  retryAfterMs: number | undefined = undefined;
  /** What it says other than it should, by call. */
  readonly lies: Lies = {};
  #open: LeasedTask[] = [];
  #sessions = 0;
  #leases = 0;

  constructor(name = 'orchestrator') {
    this.name = name;
  }

  /** Queues one task for each range of rows. */
  offer(work: StageWork, ranges: readonly (readonly [start: number, end: number])[]): void {
    for (const [start, end] of ranges) this.offerTask({ work, rows: { start, end } });
  }

  /** Queues one task, as it is told. */
  offerTask({ work, rows, leaseMs = 30_000 }: OfferedTask): void {
    const job = valueOf(parseJobId(`job_${'0'.repeat(26)}`));
    const index = this.#leases++;
    const lease = valueOf(parseLeaseId(`lease_${String(index).padStart(26, '0')}`));
    const task = taskIdOf(job, { stage: 0, index });
    this.#open.push({ lease, task, job, jobName: 'scripted', work, rows, leaseMs });
  }

  /** What was reported, in the order in which it was offered. */
  reportedInOrder(): TaskReport[] {
    return this.reported.toSorted((one, other) => one.lease.localeCompare(other.lease));
  }

  /** Forgets the session, as a restart without a log would. */
  forget(): void {
    this.session = '';
  }

  /** The way to it, without a network. */
  transport(): Transport {
    return createRouterTransport((router) => this.serve(router));
  }

  /** Adds its services to a router. */
  serve({ service }: ConnectRouter): void {
    service(AgentService, {
      getChallenge: () => this.#called('challenge', { challenge: CHALLENGE }),
      join: (request) => this.#join(request),
      leaseTasks: (request, { signal }) => this.#lease(request, signal),
      reportResults: (request) => this.#report(request),
      heartbeat: ({ sessionId, withdrawnLeaseIds }) => {
        this.#known(sessionId);
        this.withdrawn.push(...withdrawnLeaseIds);
        const answer = { droppedLeaseIds: this.dropped, standing: standingToWire(STANDING) };
        return this.#called('heartbeat', answer);
      },
      leave: async ({ sessionId }) => {
        this.left.push(sessionId);
        this.forget();
        await this.lies.leave?.();
        return {};
      },
    });
    service(DataService, {
      stage: ({ contentIds, sessionId }) => {
        this.#known(sessionId);
        return this.#called('stage', { missingContentIds: contentIds });
      },
      putBlock: async ({ contentId, block, sessionId }) => {
        this.#known(sessionId);
        valueOf(await this.blocks.put(valueOf(parseContentId(contentId)), block));
        return this.#called('put', {});
      },
      getManifest: () => {
        throw new ConnectError('agents read blocks', Code.Unimplemented);
      },
    });
  }

  async #join(request: { claim: Uint8Array; signature: Uint8Array }) {
    this.#called('join', null);
    const claim = valueOf(joinClaimFromBytes(request.claim));
    const agent = valueOf(agentIdOf(claim.publicKey));
    const { claim: bytes, signature } = request;
    if (!(await verifyBytes({ agent, purpose: 'join', bytes, signature }))) throw forged();
    this.claims.push(claim);
    this.session = valueOf(parseSessionId(`session_${String(this.#sessions++).padStart(43, '0')}`));
    return {
      sessionId: this.session,
      version: 1,
      heartbeatMs: this.heartbeatMs,
      leasesPerCallMax: 64,
      longPollMs: 50,
      standing: standingToWire(STANDING),
      sandbox: this.isSandbox,
      ...this.lies.join?.(),
    };
  }

  async #lease(request: { sessionId: string; maxTasks: number }, signal: AbortSignal) {
    this.#known(request.sessionId);
    this.#called('lease', null);
    const standing = standingToWire(STANDING);
    if (this.isStopping) return { idleReason: idleReasonToWire('shutting_down'), standing };
    const lie = this.lies.lease?.();
    if (lie !== undefined) return { ...lie, standing };
    const tasks = this.#open.splice(0, request.maxTasks);
    if (tasks.length > 0) return { ...leasedTasksToWire(tasks), standing };
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 50);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(null);
      });
    });
    return { idleReason: idleReasonToWire('no_jobs'), askAgainMs: 0, standing };
  }

  async #report(request: { report: Uint8Array; signature: Uint8Array }) {
    this.#called('report', null);
    const report = valueOf(reportFromBytes(request.report));
    this.#known(report.session);
    const agent = valueOf(agentIdOf(this.claims.at(-1)?.publicKey ?? new Uint8Array()));
    const { report: bytes, signature } = request;
    if (!(await verifyBytes({ agent, purpose: 'report', bytes, signature }))) throw forged();
    this.reported.push(...report.results);
    const statuses = report.results.map(() => resultStatusToWire('received'));
    return { statuses, standing: standingToWire(STANDING) };
  }

  #called<T>(call: string, answer: T): T {
    this.calls.push(call);
    if (this.failing === null) return answer;
    throw failureToConnect(failure(this.failing, 'as the test wants it', this.retryAfterMs));
  }

  #known(session: string): void {
    if (session === this.session) return;
    throw failureToConnect(failure('session_unknown', 'no such session. Join again.'));
  }
}

function forged(): ConnectError {
  return failureToConnect(failure('signature_invalid', 'the signature does not verify.'));
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw failureToConnect(outcome.failure);
  return outcome.value;
}

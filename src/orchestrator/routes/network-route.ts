import type { ServiceImpl } from '@connectrpc/connect';
import {
  countAgents,
  countOpenJobs,
  countWaiting,
  listAgents,
  listJobs,
  type AgentView,
  type SchedulerState,
} from '../../scheduler/index.ts';
import {
  agentKindToWire,
  backendToWire,
  Backend,
  CanaryState,
  jobToWire,
  type NetworkService,
} from '../../wire/index.ts';
import {
  AGENTS_LISTED,
  CANARIES_LISTED,
  ENDED_JOBS_LISTED,
  ENDED_JOBS_MAX,
  NETWORK_FRESH_MS,
  OPEN_JOBS_MAX,
  PAGE_SIZE,
  PAGE_SIZE_MAX,
} from '../../domain/limits.ts';
import { failure, FailureError } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { KERNEL_BUILD } from '../../kernels/index.ts';
import type { ClientLimits } from '../access/client-limits.ts';
import type { SignedClaim } from '../access/verify-now.ts';
import type { DeviceTold } from '../conformance/conformance-book.ts';
import type { ConformanceTable } from '../conformance/conformance-keeper.ts';
import { takeCrowdTest } from '../conformance/take-crowd-test.ts';
import type { CanaryFigures, CanaryWatch } from '../canary-watch.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Throughput } from '../throughput.ts';
import type { KernelAdmission } from '../functions/kernel-admission.ts';
import { callingOf } from './caller.ts';
import { unwrap } from './unwrap.ts';

type Parts = {
  readonly coordinator: Coordinator;
  readonly throughput: Throughput;
  readonly now: () => number;
  readonly startedAtMs: number;
  readonly version: string;
  /** Where volunteers may turn to; null: not told. */
  readonly contact: string | null;
  readonly conformance: Pick<ConformanceTable, 'told' | 'noteTest'>;
  readonly limits: Pick<ClientLimits, 'crowdTest'>;
  readonly verify: (claim: SignedClaim) => boolean;
  readonly admission: KernelAdmission;
  readonly isSandbox: boolean;
  readonly canaries: Pick<CanaryWatch, 'figures'>;
};

/** The live state, open to everyone. */
export function networkRoute(parts: Parts): ServiceImpl<typeof NetworkService> {
  const ranked = lately(parts.now, () => rankAgents(parts.coordinator.state));
  const jobs = lately(parts.now, () => jobsOf(parts.coordinator.state));
  return {
    getNetwork({ agentsMax }) {
      const { state } = parts.coordinator;
      const nowMs = parts.now();
      return {
        agents: ranked()
          .slice(0, agentsMax === 0 ? AGENTS_LISTED : agentsMax)
          .map((agent) => summaryOf(agent, nowMs)),
        agentCount: countAgents(state),
        jobs: jobs(),
        openJobCount: countOpenJobs(state),
        tasksWaiting: BigInt(countWaiting(state)),
        tasksAcceptedTotal: BigInt(parts.throughput.total()),
        throughput: parts.throughput.lastMinute(nowMs).map((second) => ({
          atMs: BigInt(second.atMs),
          tasksAccepted: second.tasksAccepted,
          rowsAccepted: BigInt(second.rowsAccepted),
        })),
        softwareVersion: parts.version,
        startedAtMs: BigInt(parts.startedAtMs),
        contact: parts.contact ?? '',
        sandbox: parts.isSandbox,
        canaries: canaryFigures(parts.canaries.figures()),
      };
    },

    listConformance({ pageSize, pageToken }) {
      const devices = parts.conformance.told();
      const limit = Math.min(pageSize === 0 ? PAGE_SIZE : pageSize, PAGE_SIZE_MAX);
      const from = unwrap(placeIn(pageToken));
      return {
        devices: devices.slice(from, from + limit).map(deviceToWire),
        nextPageToken: from + limit < devices.length ? `${from + limit}` : '',
        deviceCount: devices.length,
        kernelBuild: KERNEL_BUILD,
      };
    },

    async reportCrowdTest(request, context) {
      const by = callingOf(context, parts.now);
      unwrap(parts.limits.crowdTest(by));
      const { verify } = parts;
      const taken = unwrap(takeCrowdTest(request, { verify, nowMs: by.nowMs }));
      if (!unwrap(await parts.admission.isAdmitted(taken.test.kernelBuild))) throw notGoverned();
      return parts.conformance.noteTest(taken);
    },
  };
}

function notGoverned(): FailureError {
  const text = 'these kernels are not in the registry of this network, or were withdrawn';
  return new FailureError(failure('version_unsupported', `${text}. Test those that are.`));
}

/** The table moves while it is read: who reads page by page may see a device twice, or not. */
function placeIn(pageToken: string): Outcome<number> {
  if (/^\d{0,6}$/.test(pageToken)) return succeed(Number(pageToken));
  return fail(failure('input_invalid', 'not a page token: list again from the first page'));
}

function deviceToWire(device: DeviceTold) {
  const { lastSeenAtMs, resultsAccepted, resultsRejected, primitives } = device;
  return {
    ...device,
    lastSeenAtMs: BigInt(lastSeenAtMs),
    resultsAccepted: BigInt(resultsAccepted),
    resultsRejected: BigInt(resultsRejected),
    primitives: primitives.map((told) => ({
      ...told,
      backend: backendToWire(told.backend),
      medianUs: BigInt(told.medianUs),
    })),
  };
}

const CANARY_STATES = {
  running: CanaryState.RUNNING,
  caught: CanaryState.CAUGHT,
  left: CanaryState.LEFT,
} as const;

function canaryFigures({ lives, catches, ...counts }: CanaryFigures) {
  return {
    lives: lives.slice(0, CANARIES_LISTED).map((life) => ({
      lie: life.lie,
      state: CANARY_STATES[life.state],
      joinedAtMs: BigInt(life.joinedAtMs),
      misses: BigInt(life.misses),
      caughtAfterMs: BigInt(life.caughtAfterMs ?? 0),
    })),
    runningCount: counts.runningCount,
    caughtCount: BigInt(counts.caughtCount),
    leftCount: BigInt(counts.leftCount),
    catchesMeasured: catches?.count ?? 0,
    medianMs: BigInt(Math.round(catches?.medianMs ?? 0)),
    worstMs: BigInt(catches?.worstMs ?? 0),
    misses: BigInt(catches?.missCount ?? 0),
  };
}

function lately<T>(now: () => number, make: () => T): () => T {
  let made: { readonly value: T; readonly atMs: number } | null = null;
  return () => {
    const isFresh = made !== null && now() - made.atMs <= NETWORK_FRESH_MS;
    if (made === null || !isFresh) made = { value: make(), atMs: now() };
    return made.value;
  };
}

function rankAgents(state: SchedulerState): readonly AgentView[] {
  return [...listAgents(state)].sort((a, b) => b.standing.accepted - a.standing.accepted);
}

function jobsOf(state: SchedulerState) {
  const { jobs } = unwrap(listJobs(state, { limit: OPEN_JOBS_MAX + ENDED_JOBS_MAX }));
  const open = jobs.filter(({ endedAtMs }) => endedAtMs === null);
  const ended = jobs.filter(({ endedAtMs }) => endedAtMs !== null);
  const latest = ended.sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  return [...open, ...latest.slice(0, ENDED_JOBS_LISTED)].map(jobToWire);
}

function summaryOf({ agent, capability, leases, joinedAtMs, standing }: AgentView, nowMs: number) {
  const modelBackend = capability.primitives['model.run'];
  return {
    shortId: agent.slice(0, 8),
    kind: agentKindToWire(capability.kind),
    label: capability.label,
    modelBackend: modelBackend === undefined ? Backend.UNSPECIFIED : backendToWire(modelBackend),
    leases,
    accepted: BigInt(standing.accepted),
    rejected: BigInt(standing.rejected),
    quarantined: standing.quarantine !== null && standing.quarantine.untilMs > nowMs,
    joinedAtMs: BigInt(joinedAtMs),
    lanes: capability.lanes,
  };
}

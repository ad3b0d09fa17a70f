import type { Capability } from '../domain/capability.ts';
import type { JobView } from '../domain/job.ts';
import type { BackendName } from '../domain/operator.ts';
import {
  agentKindFromWire,
  backendFromWire,
  jobFromWire,
  CanaryState,
  type AgentSummary,
  type CanaryFigures,
  type CanaryLife,
  type GetNetworkResponse,
} from '../wire/index.ts';

/** The live network as the page shows it. */
export type NetworkView = {
  readonly agents: readonly AgentRow[];
  readonly agentCount: number;
  readonly jobs: readonly JobView[];
  readonly openJobCount: number;
  readonly tasksWaiting: number;
  readonly tasksAcceptedTotal: number;
  /** Tasks accepted in each of the last seconds, oldest first. */
  readonly acceptedPerSecond: readonly number[];
  readonly softwareVersion: string;
  readonly startedAtMs: number;
  readonly canaries: CanariesView;
};

/** What canaries found out since the orchestrator started. */
export type CanariesView = {
  readonly lives: readonly CanaryRow[];
  readonly running: number;
  readonly caught: number;
  readonly left: number;
  /** Of the last catches; null where there is none. */
  readonly catches: {
    readonly count: number;
    readonly medianMs: number;
    readonly worstMs: number;
    readonly misses: number;
  } | null;
};

export type CanaryRow = {
  /** Tells it from the others. */
  readonly key: string;
  readonly lie: string;
  readonly state: 'running' | 'caught' | 'left';
  readonly misses: number;
  /** Null where it was not caught. */
  readonly caughtAfterMs: number | null;
};

export type AgentRow = {
  readonly shortId: string;
  readonly kind: Capability['kind'] | null;
  readonly label: string;
  /** What runs models there; null where nothing does. */
  readonly modelBackend: BackendName | null;
  readonly lanes: number;
  readonly leases: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly isQuarantined: boolean;
};

/** An answer of the orchestrator, for showing. A job of a kind that is not known here is left out. */
export function networkViewFrom(response: GetNetworkResponse): NetworkView {
  return {
    agents: response.agents.map(agentRowFrom),
    agentCount: response.agentCount,
    jobs: response.jobs.flatMap((job) => {
      const view = jobFromWire(job);
      return view.ok ? [view.value] : [];
    }),
    openJobCount: response.openJobCount,
    tasksWaiting: Number(response.tasksWaiting),
    tasksAcceptedTotal: Number(response.tasksAcceptedTotal),
    acceptedPerSecond: response.throughput.map((sample) => sample.tasksAccepted),
    softwareVersion: response.softwareVersion,
    startedAtMs: Number(response.startedAtMs),
    canaries: canariesFrom(response.canaries),
  };
}

/** Accepted tasks a second over the last seconds. */
export function recentRate(acceptedPerSecond: readonly number[], seconds: number): number {
  const recent = acceptedPerSecond.slice(-seconds);
  if (recent.length === 0) return 0;
  return recent.reduce((sum, count) => sum + count, 0) / recent.length;
}

/** An orchestrator that does not know of canaries has none. */
function canariesFrom(figures: CanaryFigures | undefined): CanariesView {
  const lives = figures?.lives ?? [];
  const count = figures?.catchesMeasured ?? 0;
  return {
    // Two may have joined in one millisecond, and their order says which is which.
    lives: lives.map((life, index) => canaryRowFrom(life, lives.length - index)),
    running: figures?.runningCount ?? 0,
    caught: Number(figures?.caughtCount ?? 0n),
    left: Number(figures?.leftCount ?? 0n),
    catches:
      figures === undefined || count === 0
        ? null
        : {
            count,
            medianMs: Number(figures.medianMs),
            worstMs: Number(figures.worstMs),
            misses: Number(figures.misses),
          },
  };
}

function canaryRowFrom(life: CanaryLife, number: number): CanaryRow {
  const isCaught = life.state === CanaryState.CAUGHT;
  const isLeft = life.state === CanaryState.LEFT;
  return {
    key: `${life.joinedAtMs} ${number}`,
    lie: life.lie,
    state: isCaught ? 'caught' : isLeft ? 'left' : 'running',
    misses: Number(life.misses),
    caughtAfterMs: isCaught ? Number(life.caughtAfterMs) : null,
  };
}

function agentRowFrom(agent: AgentSummary): AgentRow {
  const backend = backendFromWire(agent.modelBackend);
  return {
    shortId: agent.shortId,
    kind: agentKindFromWire(agent.kind),
    label: agent.label,
    modelBackend: backend.ok ? backend.value : null,
    lanes: agent.lanes,
    leases: agent.leases,
    accepted: Number(agent.accepted),
    rejected: Number(agent.rejected),
    isQuarantined: agent.quarantined,
  };
}

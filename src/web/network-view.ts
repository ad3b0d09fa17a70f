import type { Capability } from '../domain/capability.ts';
import type { JobView } from '../domain/job.ts';
import type { BackendName } from '../domain/operator.ts';
import {
  agentKindFromWire,
  backendFromWire,
  jobFromWire,
  type AgentSummary,
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
  };
}

/** Accepted tasks a second over the last seconds. */
export function recentRate(acceptedPerSecond: readonly number[], seconds: number): number {
  const recent = acceptedPerSecond.slice(-seconds);
  if (recent.length === 0) return 0;
  return recent.reduce((sum, count) => sum + count, 0) / recent.length;
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

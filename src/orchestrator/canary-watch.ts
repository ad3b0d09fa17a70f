import type { AgentId, SessionId } from '../domain/ids.ts';
import { CANARY_CATCHES_KEPT } from '../domain/limits.ts';
import type { SchedulerEffect } from '../scheduler/index.ts';

/** One canary from its joining to its end. */
export type CanaryLife = {
  readonly lie: string;
  readonly joinedAtMs: number;
  /** Results accepted before one was rejected; so far, where none was. Count. */
  readonly misses: number;
  readonly state: 'running' | 'caught' | 'left';
  /** From its first report; null where it was not caught. */
  readonly caughtAfterMs: number | null;
};

/** How long the checks take to find liars out, since this process began. */
export type CanaryFigures = {
  /** Those that are here, then those that ended, the latest first. */
  readonly lives: readonly CanaryLife[];
  readonly runningCount: number;
  readonly caughtCount: number;
  /** Ended without being caught. */
  readonly leftCount: number;
  /** Of the last CANARY_CATCHES_KEPT catches; null where there is none. */
  readonly catches: {
    readonly count: number;
    readonly medianMs: number;
    readonly worstMs: number;
    readonly missCount: number;
  } | null;
};

/** Measures what canaries are for. Nothing here decides: the scheduler treats them as it must. */
export type CanaryWatch = {
  joined(canary: Arrival): void;
  /** Told each effect of the scheduler. */
  note(effect: SchedulerEffect): void;
  figures(): CanaryFigures;
};

export type Arrival = {
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly lie: string;
};

type Running = {
  readonly lie: string;
  readonly joinedAtMs: number;
  firstReportAtMs: number | null;
};
type Caught = CanaryLife & { readonly caughtAfterMs: number };

export function watchCanaries(of: {
  readonly now: () => number;
  /** Results of a key that were accepted. */
  readonly acceptedOf: (agent: AgentId) => number;
}): CanaryWatch {
  const { now, acceptedOf } = of;
  const running = new Map<AgentId, Running>();
  const agents = new Map<SessionId, AgentId>();
  const ended: CanaryLife[] = [];
  const catches: Caught[] = [];
  let caughtCount = 0;
  let leftCount = 0;

  const keep = <Life>(lives: Life[], life: Life): void => {
    lives.unshift(life);
    if (lives.length > CANARY_CATCHES_KEPT) lives.pop();
  };

  const lifeOf = (agent: AgentId, { lie, joinedAtMs }: Running): Omit<CanaryLife, 'state'> => {
    return { lie, joinedAtMs, misses: acceptedOf(agent), caughtAfterMs: null };
  };

  const catchIt = (agent: AgentId): void => {
    const known = running.get(agent);
    if (known === undefined) return;
    running.delete(agent);
    const caughtAfterMs = now() - (known.firstReportAtMs ?? now());
    const life = { ...lifeOf(agent, known), state: 'caught', caughtAfterMs } as const;
    caughtCount += 1;
    keep(ended, life);
    keep(catches, life);
  };

  const end = (session: SessionId): void => {
    const agent = agents.get(session);
    agents.delete(session);
    const known = agent === undefined ? undefined : running.get(agent);
    // Caught before, or never a canary.
    if (agent === undefined || known === undefined) return;
    running.delete(agent);
    // Nobody could have caught one that was given nothing to lie of.
    if (known.firstReportAtMs === null) return;
    leftCount += 1;
    keep(ended, { ...lifeOf(agent, known), state: 'left' });
  };

  return {
    joined({ agent, session, lie }) {
      agents.set(session, agent);
      // One that joins anew with the same key goes on with its life.
      if (running.has(agent)) return;
      running.set(agent, { lie, joinedAtMs: now(), firstReportAtMs: null });
    },
    note(effect) {
      if (running.size === 0 && agents.size === 0) return;
      if (effect.kind === 'results-received') {
        const agent = agents.get(effect.session);
        const known = agent === undefined ? undefined : running.get(agent);
        if (known !== undefined) known.firstReportAtMs ??= now();
      }
      if (effect.kind === 'agent-quarantined') catchIt(effect.agent);
      if (effect.kind === 'session-ended') {
        if (effect.reason === 'replaced') agents.delete(effect.session);
        else end(effect.session);
      }
    },
    figures: () => ({
      lives: [
        ...[...running].map(([agent, known]): CanaryLife => {
          return { ...lifeOf(agent, known), state: 'running' };
        }),
        ...ended,
      ],
      runningCount: running.size,
      caughtCount,
      leftCount,
      catches: catchesOf(catches),
    }),
  };
}

function catchesOf(catches: readonly Caught[]): CanaryFigures['catches'] {
  const sorted = catches.map(({ caughtAfterMs }) => caughtAfterMs).sort((a, b) => a - b);
  const worstMs = sorted.at(-1);
  if (worstMs === undefined) return null;
  const [lower = 0, upper = 0] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.floor(sorted.length / 2)],
  ];
  const missCount = catches.reduce((sum, { misses }) => sum + misses, 0);
  return { count: sorted.length, medianMs: (lower + upper) / 2, worstMs, missCount };
}

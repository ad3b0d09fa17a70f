// A history that goes on for ever and is the same each time: what a process wrote before it was
// killed can be told from how far it came.
import type { AgentId, JobId, SessionId } from '../../domain/ids.ts';
import {
  createScheduler,
  step,
  type LeaseNumber,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerState,
} from '../../scheduler/index.ts';
import type { Capability } from '../../domain/capability.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { Write } from './store.ts';

export const HISTORY_SEED = 7;
const AGENTS = 3;
const ROWS = 40;

const CAPABILITY: Capability = {
  kind: 'native',
  label: 'of an endless history',
  lanes: 1,
  memoryBytes: 2 ** 30,
  logicalCores: 1,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: { relu: 'wasm' },
};

/** One step of the history: an event, and what is written with it. */
export type Happening = { readonly event: SchedulerEvent; readonly writes: readonly Write[] };

/**
 * Agents that lease and report, jobs that end and follow each other, time that passes. Each step is
 * made of the effects of the one before.
 */
export function* endlessHistory(): Generator<Happening, never, readonly SchedulerEffect[]> {
  let atMs = 1_000;
  const now = (): number => (atMs += 7);
  for (let index = 0; index < AGENTS; index++) {
    const { agent, session } = keyOf(index);
    const joined = { kind: 'agent-joined', agent, session, capability: CAPABILITY } as const;
    yield { event: { ...joined, atMs: now() }, writes: [] };
  }
  for (let jobs = 0; ; jobs++) {
    const job = `job_${String(jobs).padStart(26, '0')}` as JobId;
    yield submitted(job, now());
    let open = ROWS;
    for (let turn = 0; open > 0; turn++) {
      const { agent, session } = keyOf(turn % AGENTS);
      const asked = { kind: 'lease-requested', session, maxTasks: 1 + (turn % 5) } as const;
      const granted = yield { event: { ...asked, atMs: now() }, writes: [] };
      const leases = granted.flatMap((effect) => {
        return effect.kind === 'leases-granted' ? effect.leases.map(({ lease }) => lease) : [];
      });
      const outputs = leases.map((lease) => ({ lease, output: outputOf(lease) }));
      const requested = yield {
        event: {
          ...{ kind: 'results-reported', atMs: now(), session },
          results: leases.map((lease) => ({
            lease,
            result: { kind: 'output' as const },
            computeMs: 1,
          })),
        },
        writes: [{ kind: 'outputs', job, agent, outputs }],
      };
      const checks = requested.flatMap((effect) => {
        return effect.kind === 'checks-requested' ? effect.checks : [];
      });
      const judgements = checks.map(({ task, results: [result] }) => {
        const lease = result?.lease ?? (0 as LeaseNumber);
        return {
          task,
          verdicts: [{ lease, verdict: { kind: 'accepted' } as const }],
          accepted: lease,
        };
      });
      yield { event: { kind: 'judged', atMs: now(), judgements }, writes: [] };
      open -= judgements.length;
    }
    yield { event: { kind: 'job-finished', atMs: now(), job }, writes: [] };
  }
}

/** The state that the first events lead to, and the writes that went with them. */
export function followHistory(eventCount: number): {
  readonly state: SchedulerState;
  readonly writes: readonly Write[];
  /** Goes on from there. */
  readonly next: (effects: readonly SchedulerEffect[]) => Happening;
  readonly upcoming: Happening;
} {
  const history = endlessHistory();
  const state = createScheduler(HISTORY_SEED);
  const writes: Write[] = [];
  const next = (effects: readonly SchedulerEffect[]): Happening => history.next(effects).value;
  let upcoming = next([]);
  for (let followed = 0; followed < eventCount; followed++) {
    writes.push(...upcoming.writes);
    upcoming = next(step(state, upcoming.event).effects);
  }
  return { state, writes, next, upcoming };
}

function submitted(job: JobId, atMs: number): Happening {
  const stage = {
    stage: 0,
    requirement: { primitives: ['relu'], memoryBytes: 1_000, rowBytes: 4 },
    rowCount: ROWS,
    cut: { kind: 'fixed', rowsPerTask: 1 },
    msPerRow: 1,
    contents: [],
  } as const;
  const terms = { weight: 1, deadlineAtMs: null, contributor: null, claimed: null };
  const checking = { kind: 'recompute', share: 1 } as const;
  return {
    event: {
      ...{ kind: 'job-submitted', atMs, job, name: job, workload: 'operators', checking },
      ...{ stageCount: 1, stage, ...terms },
    },
    writes: [],
  };
}

function keyOf(index: number): { readonly agent: AgentId; readonly session: SessionId } {
  const letters = String.fromCharCode(65 + index).repeat(43);
  return { agent: letters as AgentId, session: `session_${letters}` as SessionId };
}

export function outputOf(lease: LeaseNumber): TaskOutput {
  const bytes = new Uint8Array(new Float64Array([lease]).buffer);
  return [{ dtype: 'float64', shape: [1, 1], source: { kind: 'inline', bytes } }];
}

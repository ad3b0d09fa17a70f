// A scheduler with many agents and tasks in one process, for the benches of the core alone.
import type { Capability } from '../../../src/domain/capability.ts';
import type { AgentId, JobId, SessionId } from '../../../src/domain/ids.ts';
import type { BlobRef } from '../../../src/domain/work.ts';
import {
  createScheduler,
  step,
  type GrantedLease,
  type SchedulerEffect,
  type SchedulerEventBody,
  type StagePlan,
} from '../../../src/scheduler/index.ts';

const CAPABILITY: Capability = {
  kind: 'native',
  label: 'bench',
  lanes: 4,
  memoryBytes: 2 ** 32,
  logicalCores: 4,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: { relu: 'wasm', 'model.run': 'wasm' },
};
/** Jobs that share the network at any time. Count. */
const JOBS_OPEN = 10;
const ROWS_PER_JOB = 1_000_000;

type EffectOf<Kind extends SchedulerEffect['kind']> = SchedulerEffect & { readonly kind: Kind };

/** Events in, their effects out; jobs end and others take their place. */
export class CoreWorld {
  readonly state = createScheduler(1);
  atMs = 1_000_000;
  readonly #sessions: SessionId[] = [];
  readonly #contentsOf: (job: number) => readonly BlobRef[];
  readonly #msPerRow: number;
  #jobCount = 0;

  constructor(
    of: {
      readonly contentsOf?: (job: number) => readonly BlobRef[];
      readonly msPerRow?: number;
    } = {},
  ) {
    this.#contentsOf = of.contentsOf ?? (() => []);
    this.#msPerRow = of.msPerRow ?? 1;
  }

  send(event: SchedulerEventBody): readonly SchedulerEffect[] {
    return step(this.state, { ...event, atMs: this.atMs }).effects;
  }

  /** Has agents join, anew where they were here before. */
  join(count: number): void {
    this.#sessions.length = 0;
    for (let index = 0; index < count; index++) {
      // Of the shape that their brands stand for.
      const agent = `agent_${index}`.padEnd(43, '_') as AgentId;
      const session = `session_${agent}` as SessionId;
      this.#sessions.push(session);
      const history = { accepted: 1, rejected: 0, quarantine: null };
      this.send({ kind: 'agent-joined', agent, session, capability: CAPABILITY, history });
    }
  }

  submit(rowCount = ROWS_PER_JOB): void {
    const number = this.#jobCount++;
    const stage: StagePlan = {
      stage: 0,
      requirement: { primitives: ['relu'], memoryBytes: 1_000_000, rowBytes: 0 },
      rowCount,
      cut: { kind: 'fixed', rowsPerTask: 1 },
      msPerRow: this.#msPerRow,
      contents: this.#contentsOf(number),
    };
    this.send({
      kind: 'job-submitted',
      job: `job_${String(number).padStart(26, '0')}` as JobId,
      name: `job ${number}`,
      workload: 'operators',
      checking: { kind: 'recompute', share: 1 },
      stageCount: 1,
      weight: 1,
      deadlineAtMs: null,
      contributor: null,
      stage,
      claimed: null,
    });
  }

  /** Keeps so many jobs open that tasks never run out. */
  fill(): void {
    while (this.state.jobs.size < JOBS_OPEN) this.submit();
  }

  lease(agent: number, maxTasks: number): readonly GrantedLease[] {
    const effects = this.send({ kind: 'lease-requested', session: this.session(agent), maxTasks });
    return find('leases-granted', effects).leases;
  }

  report(agent: number, leases: readonly GrantedLease[]): EffectOf<'checks-requested'>['checks'] {
    const results = leases.map(({ lease }) => {
      return { lease, result: { kind: 'output' }, computeMs: 1 } as const;
    });
    const session = this.session(agent);
    return find('checks-requested', this.send({ kind: 'results-reported', session, results }))
      .checks;
  }

  accept(checks: EffectOf<'checks-requested'>['checks']): void {
    const judgements = checks.map(({ task, results }) => ({
      task,
      verdicts: results.map(({ lease }) => ({ lease, verdict: { kind: 'accepted' } as const })),
      accepted: results[0]?.lease ?? null,
    }));
    for (const effect of this.send({ kind: 'judged', judgements })) {
      if (effect.kind !== 'stage-finished') continue;
      this.send({ kind: 'job-finished', job: effect.job });
      this.fill();
    }
  }

  session(agent: number): SessionId {
    const session = this.#sessions[agent];
    if (session === undefined) throw new Error(`there is no agent ${agent}`);
    return session;
  }
}

function find<Kind extends SchedulerEffect['kind']>(
  kind: Kind,
  effects: readonly SchedulerEffect[],
): EffectOf<Kind> {
  const found = effects.find((effect): effect is EffectOf<Kind> => effect.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} came, but ${JSON.stringify(effects[0])}`);
  return found;
}

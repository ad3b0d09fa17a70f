// A scheduler to rehearse with: short events in, effects out, ids made from numbers. For tests.
import type { CheckingPolicy } from '../domain/checking.ts';
import type { Capability } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import type { AgentId, JobId, LeaseId, SessionId } from '../domain/ids.ts';
import type { PrimitiveName } from '../domain/operator.ts';
import type { Requirement } from '../domain/work.ts';
import type { GrantedLease, SchedulerEffect } from './effect.ts';
import type { ReportedResult, SchedulerEvent, SchedulerEventBody, StagePlan } from './event.ts';
import { isLogged } from './logged.ts';
import { createScheduler, type SchedulerState } from './state.ts';
import { step } from './step.ts';

type EffectOf<Kind extends SchedulerEffect['kind']> = SchedulerEffect & { readonly kind: Kind };

// Names made here have the shape that their brands stand for.
export const jobNamed = (number: number): JobId =>
  `job_${String(number).padStart(26, '0')}` as JobId;
export const agentNamed = (name: string): AgentId => name.padEnd(43, '_') as AgentId;
export const sessionNamed = (name: string): SessionId =>
  `session_${name.padEnd(43, '_')}` as SessionId;

/** A device with these primitives; 1 GiB and one lane unless told otherwise. */
export function deviceWith(
  primitives: readonly PrimitiveName[],
  memory: { readonly bytes: number; readonly lanes: number } = { bytes: 2 ** 30, lanes: 1 },
): Capability {
  return {
    kind: 'native',
    label: 'rehearsal',
    lanes: memory.lanes,
    memoryBytes: memory.bytes,
    logicalCores: 4,
    features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
    primitives: Object.fromEntries(primitives.map((name) => [name, 'wasm'])),
  };
}

const NEEDS_ADD: Requirement = { primitives: ['add'], memoryBytes: 1000 };

/** A stage of tasks of `rowsPerTask` rows. */
export function stageOf(
  rows: { readonly rowCount: number; readonly rowsPerTask: number },
  stage = 0,
  requirement: Requirement = NEEDS_ADD,
): StagePlan {
  return { stage, requirement, ...rows };
}

/** Folds events, keeps their log, and remembers the effects of the last. */
export class Rehearsal {
  readonly seed: number;
  readonly state: SchedulerState;
  readonly events: SchedulerEvent[] = [];
  readonly logged: SchedulerEvent[] = [];
  atMs = 1_000_000;

  constructor(seed = 1) {
    this.seed = seed;
    this.state = createScheduler(seed);
  }

  send(body: SchedulerEventBody): readonly SchedulerEffect[] {
    const event: SchedulerEvent = { ...body, atMs: this.atMs };
    this.events.push(event);
    const { effects } = step(this.state, event);
    if (isLogged(event, effects)) this.logged.push(event);
    return effects;
  }

  after(ms: number): this {
    this.atMs += ms;
    return this;
  }

  submit(number: number, plan: StagePlan, checking: CheckingPolicy, stageCount = 1) {
    const named = { job: jobNamed(number), name: `job ${number}`, workload: 'operators' } as const;
    return this.send({ kind: 'job-submitted', ...named, checking, stageCount, stage: plan });
  }

  join(name: string, capability = deviceWith(['add']), session = name) {
    const ids = { agent: agentNamed(name), session: sessionNamed(session) };
    return this.send({ kind: 'agent-joined', ...ids, capability });
  }

  lease(session: string, maxTasks = 1): readonly GrantedLease[] {
    return this.ask(session, maxTasks).flatMap((effect) =>
      effect.kind === 'leases-granted' ? effect.leases : [],
    );
  }

  /** The one lease that must be granted. */
  leaseOne(session: string): GrantedLease {
    const lease = this.lease(session)[0];
    if (lease === undefined) throw new Error(`${session} was granted nothing`);
    return lease;
  }

  ask(session: string, maxTasks = 1): readonly SchedulerEffect[] {
    return this.send({ kind: 'lease-requested', session: sessionNamed(session), maxTasks });
  }

  report(session: string, lease: LeaseId, result: ReportedResult['result'] = { kind: 'output' }) {
    const results: ReportedResult[] = [{ lease, result, computeMs: 1, backend: 'wasm' }];
    return this.send({ kind: 'results-reported', session: sessionNamed(session), results });
  }

  fail(session: string, lease: LeaseId) {
    const broke = failure('device_lost', 'the GPU went away');
    return this.report(session, lease, { kind: 'failed', failure: broke });
  }

  /** Accepts the first result of a check and rejects those of the liars. */
  judge(check: EffectOf<'check-requested'>, liars: readonly AgentId[] = []) {
    const verdicts = check.results.map(({ lease, agent }) => ({
      lease,
      verdict: liars.includes(agent)
        ? ({ kind: 'rejected', reason: 'row 0 is wrong' } as const)
        : ({ kind: 'accepted' } as const),
    }));
    const accepted = verdicts.find(({ verdict }) => verdict.kind === 'accepted')?.lease ?? null;
    return this.send({ kind: 'judged', task: check.task, verdicts, accepted });
  }

  beat(session: string, leases: readonly LeaseId[] = []) {
    return this.send({ kind: 'heartbeat', session: sessionNamed(session), leases });
  }

  tick(): readonly SchedulerEffect[] {
    return this.send({ kind: 'tick' });
  }
}

/** The effects of one kind. */
export function only<Kind extends SchedulerEffect['kind']>(
  kind: Kind,
  effects: readonly SchedulerEffect[],
): readonly EffectOf<Kind>[] {
  return effects.filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
}

/** The one effect of a kind that must be there. */
export function the<Kind extends SchedulerEffect['kind']>(
  kind: Kind,
  effects: readonly SchedulerEffect[],
): EffectOf<Kind> {
  const [effect, ...others] = only(kind, effects);
  if (effect === undefined || others.length > 0) throw new Error(`not one ${kind}`);
  return effect;
}

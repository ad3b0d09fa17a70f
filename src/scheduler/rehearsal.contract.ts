// A scheduler to rehearse with: short events in, effects out, ids made from numbers. For tests.
import type { CheckingPolicy } from '../domain/checking.ts';
import type { Capability } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { PrimitiveName } from '../domain/operator.ts';
import type { BlobRef, Requirement } from '../domain/work.ts';
import type { AcceptedTask, CheckRequest, GrantedLease, SchedulerEffect } from './effect.ts';
import type { ReportedResult, SchedulerEvent, SchedulerEventBody, StagePlan } from './event.ts';
import type { LeaseNumber } from './slot-number.ts';
import { createScheduler, type SchedulerState } from './state.ts';
import { step } from './step.ts';

type EffectOf<Kind extends SchedulerEffect['kind']> = SchedulerEffect & { readonly kind: Kind };

// Names made here have the shape that their brands stand for.
export const jobNamed = (number: number): JobId =>
  `job_${String(number).padStart(26, '0')}` as JobId;
export const agentNamed = (name: string): AgentId => name.padEnd(43, '_') as AgentId;
export const sessionNamed = (name: string): SessionId =>
  `session_${name.padEnd(43, '_')}` as SessionId;

/** A model of 1 MB. */
export const blobNamed = (number: number): BlobRef => ({
  // Never parsed here.
  blob: `blob ${number}` as BlobRef['blob'],
  byteLength: 1_000_000,
});

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

export const NEEDS_ADD: Requirement = {
  primitives: ['add'],
  memoryBytes: 1000,
  rowBytes: 0,
};

/** A stage of tasks of `rowsPerTask` rows. */
export function stageOf(
  rows: { readonly rowCount: number; readonly rowsPerTask: number },
  stage = 0,
  requirement: Requirement = NEEDS_ADD,
): StagePlan {
  const { rowCount, rowsPerTask } = rows;
  const cut = { kind: 'fixed', rowsPerTask } as const;
  return { stage, requirement, rowCount, cut, msPerRow: 1, contents: [] };
}

/** Folds events, keeps their log, and remembers the effects of the last. */
export class Rehearsal {
  readonly seed: number;
  readonly state: SchedulerState;
  readonly events: SchedulerEvent[] = [];
  atMs = 1_000_000;

  constructor(seed = 1) {
    this.seed = seed;
    this.state = createScheduler(seed);
  }

  send(body: SchedulerEventBody): readonly SchedulerEffect[] {
    const event: SchedulerEvent = { ...body, atMs: this.atMs };
    this.events.push(event);
    return step(this.state, event).effects;
  }

  after(ms: number): this {
    this.atMs += ms;
    return this;
  }

  submit(
    number: number,
    plan: StagePlan,
    checking: CheckingPolicy,
    terms: Partial<SchedulerEvent & { readonly kind: 'job-submitted' }> = {},
  ) {
    return this.send({
      kind: 'job-submitted',
      job: jobNamed(number),
      name: `job ${number}`,
      workload: 'operators',
      checking,
      stageCount: 1,
      weight: 1,
      deadlineAtMs: null,
      contributor: null,
      stage: plan,
      claimed: null,
      ...terms,
    });
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

  report(
    session: string,
    lease: LeaseNumber,
    result: ReportedResult['result'] = { kind: 'output' },
  ) {
    const results: ReportedResult[] = [{ lease, result, computeMs: 1 }];
    return this.send({ kind: 'results-reported', session: sessionNamed(session), results });
  }

  fail(session: string, lease: LeaseNumber) {
    const broke = failure('device_lost', 'the GPU went away');
    return this.report(session, lease, { kind: 'failed', failure: broke });
  }

  /** Accepts the first result of a check and rejects those of the liars. */
  judge(check: CheckRequest, liars: readonly AgentId[] = []) {
    const verdicts = check.results.map(({ lease, agent }) => ({
      lease,
      verdict: liars.includes(agent)
        ? ({ kind: 'rejected', reason: 'row 0 is wrong' } as const)
        : ({ kind: 'accepted' } as const),
    }));
    const accepted = verdicts.find(({ verdict }) => verdict.kind === 'accepted')?.lease ?? null;
    return this.send({
      kind: 'judged',
      judgements: [{ task: check.task, verdicts, accepted }],
    });
  }

  /** Has one result of an agent accepted, of a job that is recomputed. */
  prove(session: string) {
    return this.judge(theCheck(this.report(session, this.leaseOne(session).lease)));
  }

  beat(session: string, leases: readonly LeaseNumber[] = []) {
    return this.send({ kind: 'heartbeat', session: sessionNamed(session), leases });
  }

  tick(): readonly SchedulerEffect[] {
    return this.send({ kind: 'tick' });
  }
}

/** The checks that some effects ask for. */
export function checksIn(effects: readonly SchedulerEffect[]): readonly CheckRequest[] {
  return only('checks-requested', effects).flatMap(({ checks }) => checks);
}

/** The one check that some effects must ask for. */
export function theCheck(effects: readonly SchedulerEffect[]): CheckRequest {
  return oneOf(checksIn(effects), 'check');
}

/** The one task that some effects must accept. */
export function theAccepted(effects: readonly SchedulerEffect[]): AcceptedTask {
  const accepted = only('tasks-accepted', effects).flatMap(({ tasks }) => tasks);
  return oneOf(accepted, 'accepted task');
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
  return oneOf(only(kind, effects), kind);
}

function oneOf<Item>(items: readonly Item[], name: string): Item {
  const [item, ...others] = items;
  if (item === undefined || others.length > 0) throw new Error(`not one ${name}`);
  return item;
}

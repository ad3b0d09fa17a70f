import { failure, type FailureCode } from '../domain/failure.ts';
import { parseLeaseId, parseSessionId, taskIdOf, parseJobId, type LeaseId } from '../domain/ids.ts';
import { PRIMITIVES } from '../domain/operator.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Standing } from '../domain/standing.ts';
import type { LeasedTask } from '../domain/work.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentAnswer, AgentEventBody, SessionTerms } from './agent-event.ts';
import { stepAgent } from './agent-machine.ts';
import type { Offer } from './refute-task.ts';
import { newAgent, type AgentState, type Phase } from './agent-state.ts';

export const STANDING: Standing = { accepted: 0, rejected: 0, pending: 0, quarantine: null };
export const LIMITS = { lanes: 2, memoryBytes: 1024 * 1024, backend: 'wasm' } as const;
export const TERMS: SessionTerms = {
  session: valueOf(parseSessionId(`session_${'a'.repeat(43)}`)),
  heartbeatMs: 5_000,
  idleHeartbeatMs: 5_000,
  mayLie: false,
  leasesPerCallMax: 64,
  longPollMs: 20_000,
  standing: STANDING,
};
/** What the agent told of itself: all primitives, and more memory than any task here needs. */
export const OFFERED: Offer = {
  lanes: 2,
  memoryBytes: 16 * 1024 ** 3,
  primitives: Object.fromEntries(PRIMITIVES.map((primitive) => [primitive, 'wasm'])),
};
export const JOINED: AgentAnswer = { kind: 'joined', terms: TERMS, offered: OFFERED };
const JOB = valueOf(parseJobId(`job_${'0'.repeat(26)}`));
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

// What tests of the machine share: an agent as they tell it what happens, and answers to it.

/** An agent under test: what it is told, and what it wanted done since. */
export class Subject {
  readonly state: AgentState;
  atMs = 1_000_000;
  constructor(limits: AgentState['limits'] = LIMITS, orchestratorCount = 1) {
    this.state = newAgent({ limits, orchestratorCount, seed: 7, atMs: this.atMs });
  }
  tell(body: AgentEventBody): readonly AgentEffect[] {
    return stepAgent(this.state, { ...body, atMs: this.atMs }).effects;
  }
  answer(answer: AgentAnswer): readonly AgentEffect[] {
    return this.tell({ ...answer, epoch: this.state.epoch });
  }
  after(ms: number): this {
    this.atMs += ms;
    return this;
  }
  get phase(): Phase['kind'] {
    return this.state.phase.kind;
  }
}

export function leaseId(index: number): LeaseId {
  const digits = [index >> 5, index & 31].map((digit) => CROCKFORD[digit]).join('');
  return valueOf(parseLeaseId(`lease_${'0'.repeat(24)}${digits}`));
}

export function task(index: number, rowBytes = 4): LeasedTask {
  const source = { kind: 'inline', bytes: new Uint8Array() } as const;
  const shape = [1000, rowBytes / 4];
  return {
    lease: leaseId(index),
    task: taskIdOf(JOB, { stage: 0, index }),
    job: JOB,
    jobName: 'test',
    work: {
      program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
      inputs: [{ name: 'x', cut: 'rows', tensor: { dtype: 'float32', shape, source } }],
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [1] }],
    },
    rows: { start: index, end: index + 1 },
    leaseMs: 30_000,
  };
}

export const tasks = (count: number): LeasedTask[] =>
  Array.from({ length: count }, (_, index) => task(index));
export const granted = (list: readonly LeasedTask[]): AgentAnswer => ({
  kind: 'leases-answered',
  answer: { kind: 'granted', tasks: list, standing: STANDING },
});
export const joinFailed = (code: FailureCode, retryAfterMs?: number): AgentAnswer => ({
  kind: 'join-failed',
  failure: failure(code, 'why', retryAfterMs),
});
export const callFailed = (
  call: 'lease' | 'report' | 'heartbeat',
  code: FailureCode,
): AgentAnswer => ({
  kind: 'call-failed',
  call,
  failure: failure(code, 'why'),
});
export const computed = (index: number, computeMs = 1_000): AgentAnswer => ({
  kind: 'task-computed',
  lease: leaseId(index),
  computeMs,
  backend: 'wasm',
});
export const fetched = (index: number): AgentAnswer => ({
  kind: 'inputs-fetched',
  lease: leaseId(index),
});
export const stored = (index: number): AgentAnswer => ({
  kind: 'output-stored',
  lease: leaseId(index),
  output: [],
});

/** An agent brought to a phase. */
export function subjectIn(phase: Phase['kind']): Subject {
  const subject = new Subject();
  if (phase === 'stopped') return subject;
  subject.tell({ kind: 'start-requested' });
  if (phase === 'joining') return subject;
  if (phase === 'backing-off') subject.answer(joinFailed('unavailable'));
  else if (phase === 'refused') subject.answer(joinFailed('version_unsupported'));
  else subject.answer(JOINED);
  if (phase === 'paused') subject.tell({ kind: 'pause-requested' });
  return subject;
}

export function working(limits?: AgentState['limits']): Subject {
  const subject = new Subject(limits);
  subject.tell({ kind: 'start-requested' });
  subject.answer(JOINED);
  return subject;
}

/** A task brought to where its result waits for a report. */
export function finish(
  subject: Subject,
  index: number,
  computeMs?: number,
): readonly AgentEffect[] {
  subject.answer(fetched(index));
  subject.answer(computed(index, computeMs));
  return subject.answer(stored(index));
}

export function kinds(effects: readonly AgentEffect[]): string[] {
  return effects.map(({ kind }) => kind);
}

export function effectOf<Kind extends AgentEffect['kind']>(
  effects: readonly AgentEffect[],
  kind: Kind,
): Extract<AgentEffect, { kind: Kind }> {
  const found = effects.find((effect) => effect.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in ${kinds(effects).join()}`);
  // Found by that very kind.
  return found as Extract<AgentEffect, { kind: Kind }>;
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

export function taskFailed(index: number, code: FailureCode): AgentAnswer {
  return {
    kind: 'task-failed',
    lease: leaseId(index),
    failure: failure(code, 'why'),
    computeMs: 10,
    backend: 'wasm',
  };
}

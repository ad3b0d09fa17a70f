import { assertNever } from '../domain/assert.ts';
import type { ConformanceReport } from '../domain/capability.ts';
import type { Failure } from '../domain/failure.ts';
import type { LeaseId, SessionId } from '../domain/ids.ts';
import type { BackendName } from '../domain/operator.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { LeasedTask } from '../domain/work.ts';
import { reportToBytes } from '../wire/index.ts';
import type { AgentEffect } from './agent-effect.ts';
import type {
  AgentAnswer,
  AgentCall,
  AgentEvent,
  AgentEventBody,
  AgentLimits,
  BrokenBackends,
} from './agent-event.ts';
import { stepAgent, wakeAtMs } from './agent-machine.ts';
import type { AgentPorts, Orchestrator } from './agent-ports.ts';
import { snapshotOf, type AgentSnapshot, type DeviceReport } from './agent-snapshot.ts';
import { newAgent, type AgentState } from './agent-state.ts';
import { deviceReport, joinNetwork } from './joining.ts';
import { primitiveOf, type LaneTask } from './lane-message.ts';
import { storeOutputs } from './task-data.ts';

/** A running agent, as its shell commands it. */
export type Agent = {
  start(): void;
  /** Everything ends at once and nothing is finished; the leases are handed back. */
  pause(): void;
  resume(): void;
  /** As `pause`, for good; settles when the orchestrator heard of it or LEAVE_MS is over. */
  stop(): Promise<void>;
  setLimits(limits: AgentLimits): void;
  /** A new object after every change, the same one otherwise. */
  snapshot(): AgentSnapshot;
  /** The session that a beacon may end; null without one. */
  session(): SessionId | null;
  /** Calls the listener after every event; returns how to end that. */
  subscribe(listener: () => void): () => void;
};

/** Makes an agent, stopped. `seed` spreads its reconnects among others'. */
export function makeAgent(
  ports: AgentPorts,
  options: { readonly limits: AgentLimits; readonly seed: number },
): Agent {
  return new Driver(ports, options);
}

/** What is here of a lease, beside its stage: the big data that the machine never sees. */
type TaskInHand = {
  readonly stop: AbortController;
  inputs: LaneTask | null;
  outputs: readonly Tensor[];
};

/** Carries out the machine's effects, and tells it what came of them. */
class Driver implements Agent {
  readonly #ports: AgentPorts;
  /** The one that the present epoch is for. */
  #orchestrator: Orchestrator;
  readonly #state: AgentState;
  readonly #events: AgentEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #epoch = new AbortController();
  #hand = new Map<LeaseId, TaskInHand>();
  #device: DeviceReport | null = null;
  #snapshot: AgentSnapshot | null = null;
  #cancelWake: () => void = () => {};
  #leaving: Promise<void> = Promise.resolve();

  constructor(ports: AgentPorts, options: { limits: AgentLimits; seed: number }) {
    const { orchestrators, clock } = ports;
    this.#ports = ports;
    this.#orchestrator = orchestrators[0];
    const orchestratorCount = orchestrators.length;
    this.#state = newAgent({ ...options, orchestratorCount, atMs: clock.nowMs() });
  }

  start(): void {
    this.#tell({ kind: 'start-requested' });
  }

  pause(): void {
    this.#tell({ kind: 'pause-requested' });
  }

  resume(): void {
    this.#tell({ kind: 'resume-requested' });
  }

  stop(): Promise<void> {
    this.#tell({ kind: 'stop-requested' });
    return this.#leaving;
  }

  setLimits(limits: AgentLimits): void {
    this.#tell({ kind: 'limits-changed', limits });
  }

  snapshot(): AgentSnapshot {
    const { signer, orchestrators } = this.#ports;
    const addresses = orchestrators.map(({ address }) => address);
    const of = { agent: signer.agent, device: this.#device, addresses };
    this.#snapshot ??= snapshotOf(this.#state, of);
    return this.#snapshot;
  }

  session(): SessionId | null {
    const { phase } = this.#state;
    return phase.kind === 'working' ? phase.terms.session : null;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events wait in line, so that none is taken in the middle of another. */
  #tell(body: AgentEventBody): void {
    this.#events.push({ ...body, atMs: this.#ports.clock.nowMs() });
    if (this.#events.length > 1) return;
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      const { effects } = stepAgent(this.#state, event);
      for (const effect of effects) this.#carryOut(effect);
      this.#events.shift();
    }
    this.#planWake();
    this.#snapshot = null;
    for (const listener of this.#listeners) listener();
  }

  #planWake(): void {
    this.#cancelWake();
    const atMs = wakeAtMs(this.#state) ?? Infinity;
    if (atMs === Infinity) this.#cancelWake = () => {};
    else this.#cancelWake = this.#ports.clock.wakeAt(atMs, () => this.#tell({ kind: 'woken' }));
  }

  #carryOut(effect: AgentEffect): void {
    const { signal } = this.#epoch;
    switch (effect.kind) {
      case 'join':
        this.#epoch = new AbortController();
        this.#orchestrator = this.#orchestratorAt(effect.orchestrator);
        return this.#answer(effect, this.#join(effect, this.#epoch.signal));
      case 'lease':
        return this.#answer(effect, this.#lease(effect, signal));
      case 'report':
        return this.#answer(effect, this.#report(effect, signal));
      case 'heartbeat':
        return this.#answer(effect, this.#heartbeat(effect, signal));
      case 'try-vectors':
        return this.#answer(effect, this.#tryVectors(signal));
      case 'fetch-inputs':
        return this.#answer(effect, this.#fetchInputs(effect.task));
      case 'compute':
        return this.#answer(effect, this.#compute(effect));
      case 'store-output':
        return this.#answer(effect, this.#storeOutput(effect));
      case 'drop':
        this.#hand.get(effect.lease)?.stop.abort();
        this.#hand.delete(effect.lease);
        return;
      case 'abandon':
        this.#epoch.abort();
        this.#ports.pool.close();
        for (const { stop } of this.#hand.values()) stop.abort();
        this.#hand = new Map();
        return;
      case 'leave':
        this.#leaving = this.#orchestrator.rpc.leave(effect.session);
        return;
      default:
        assertNever(effect);
    }
  }

  #answer({ epoch }: { readonly epoch: number }, pending: Promise<AgentAnswer>): void {
    void pending.then((answer) => this.#tell({ ...answer, epoch }));
  }

  async #join({ limits, epoch }: EffectOf<'join'>, signal: AbortSignal): Promise<AgentAnswer> {
    const { rpc, data } = this.#orchestrator;
    const onBroken = (broken: BrokenBackends): void =>
      this.#tell({ kind: 'backend-broken', epoch, ...broken });
    const joined = await joinNetwork(this.#ports, { rpc, data, limits, onBroken }, signal);
    if (!joined.ok) return { kind: 'join-failed', failure: joined.failure };
    this.#device = joined.value.device;
    return { kind: 'joined', terms: joined.value.terms, offered: this.#device.capability };
  }

  async #lease(effect: EffectOf<'lease'>, signal: AbortSignal): Promise<AgentAnswer> {
    const leased = await this.#orchestrator.rpc.lease(effect, signal);
    if (!leased.ok) return callFailed('lease', leased.failure);
    return { kind: 'leases-answered', answer: leased.value };
  }

  async #report(effect: EffectOf<'report'>, signal: AbortSignal): Promise<AgentAnswer> {
    // Taken before anything is waited for: a report is for whom its leases are of.
    const { rpc } = this.#orchestrator;
    const bytes = reportToBytes(effect);
    const signature = await this.#ports.signer.sign({ purpose: 'report', bytes });
    const { maxTasks } = effect;
    const reported = await rpc.report({ bytes, signature, maxTasks }, signal);
    if (!reported.ok) return callFailed('report', reported.failure);
    const leases = effect.results.map(({ lease }) => lease);
    return { kind: 'report-answered', leases, ...reported.value };
  }

  async #heartbeat(effect: EffectOf<'heartbeat'>, signal: AbortSignal): Promise<AgentAnswer> {
    const heard = await this.#orchestrator.rpc.heartbeat(effect, signal);
    if (!heard.ok) return callFailed('heartbeat', heard.failure);
    return { kind: 'heartbeat-answered', withdrawn: effect.withdrawn, ...heard.value };
  }

  async #tryVectors(signal: AbortSignal): Promise<AgentAnswer> {
    const tried = await this.#ports.pool.tryAgain(signal);
    // Joining again says what is wrong: that nothing is right, or that no lane opens any more.
    if (!tried.ok) return { kind: 'capability-changed' };
    this.#noteSurvey();
    return { kind: 'vectors-tried', failed: tried.value.conformance.filter(isFailed) };
  }

  async #fetchInputs(task: LeasedTask): Promise<AgentAnswer> {
    const { lease } = task;
    const hand: TaskInHand = { stop: new AbortController(), inputs: null, outputs: [] };
    this.#hand.set(lease, hand);
    const fetched = await this.#orchestrator.data.fetchInputs(task, hand.stop.signal);
    if (!fetched.ok) {
      this.#hand.delete(lease);
      return this.#taskFailed(task, fetched.failure);
    }
    hand.inputs = fetched.value;
    return { kind: 'inputs-fetched', lease };
  }

  async #compute({ task, epoch }: EffectOf<'compute'>): Promise<AgentAnswer> {
    const { lease } = task;
    const hand = this.#handOf(lease);
    const inputs = hand.inputs;
    if (inputs === null) throw new Error(`broken invariant: ${lease} computes without inputs`);
    const onProgress = (progress: Progress): void =>
      this.#tell({ kind: 'task-progressed', epoch, lease, ...progress });
    const onGpuFailed = (failure: Failure): void =>
      this.#tell({ kind: 'gpu-failed', epoch, failure });
    const run = { lease, task: inputs, onProgress, onGpuFailed };
    const ran = await this.#ports.pool.run(run, hand.stop.signal);
    const { outputs, computeMs, backend } = ran;
    if (this.#noteSurvey()) this.#tell({ kind: 'capability-changed', epoch });
    hand.inputs = null;
    if (!outputs.ok) {
      this.#hand.delete(lease);
      return { kind: 'task-failed', lease, failure: outputs.failure, computeMs, backend };
    }
    hand.outputs = this.#ports.liar?.tell(task, outputs.value) ?? outputs.value;
    return { kind: 'task-computed', lease, computeMs, backend };
  }

  /** The pool may have given a backend up for something; returns whether it did. */
  #noteSurvey(): boolean {
    const { pool, device } = this.#ports;
    const survey = pool.survey();
    if (survey === null || survey.primitives === this.#device?.capability.primitives) return false;
    this.#device = deviceReport(device, this.#state.limits, survey);
    return true;
  }

  async #storeOutput({ task, session }: EffectOf<'store-output'>): Promise<AgentAnswer> {
    const { lease } = task;
    const { sinkOf } = this.#orchestrator;
    const { stop, outputs } = this.#handOf(lease);
    const stored = await storeOutputs(sinkOf(session), outputs, stop.signal);
    if (!stored.ok) return this.#taskFailed(task, stored.failure);
    this.#hand.delete(lease);
    return { kind: 'output-stored', lease, output: stored.value };
  }

  #orchestratorAt(index: number): Orchestrator {
    const orchestrator = this.#ports.orchestrators[index];
    if (orchestrator === undefined) throw new Error(`broken invariant: no orchestrator ${index}`);
    return orchestrator;
  }

  #handOf(lease: LeaseId): TaskInHand {
    const hand = this.#hand.get(lease);
    if (hand === undefined) throw new Error(`broken invariant: nothing in hand for ${lease}`);
    return hand;
  }

  /** A failure on the way to or from computing; the backend is the one it was meant for. */
  #taskFailed({ lease, work }: LeasedTask, failure: Failure): AgentAnswer {
    const primitives = this.#device?.capability.primitives ?? {};
    const backend: BackendName = primitives[primitiveOf(work)] ?? 'wasm';
    return { kind: 'task-failed', lease, failure, computeMs: 0, backend };
  }
}

type EffectOf<Kind extends AgentEffect['kind']> = Extract<AgentEffect, { kind: Kind }>;
type Progress = Pick<
  Extract<AgentAnswer, { kind: 'task-progressed' }>,
  'rowsDone' | 'primitive' | 'backend'
>;

function callFailed(call: AgentCall, failure: Failure): AgentAnswer {
  return { kind: 'call-failed', call, failure };
}

function isFailed({ passed }: ConformanceReport): boolean {
  return !passed;
}

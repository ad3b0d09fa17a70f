import { proxy, wrap, type Remote } from 'comlink';
import { failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { AgentLimits } from '../agent-event.ts';
import type { AgentApi, AgentUpdate, BrowserAgentSnapshot } from './agent-api.ts';

/** The tab's agent as the page uses it: an external store, and commands that always settle. */
export type SupervisedAgent = {
  /** The same object until something changes. */
  snapshot(): BrowserAgentSnapshot;
  /** Calls the listener after every change; returns how to end that. */
  subscribe(listener: () => void): () => void;
  start(limits: AgentLimits): Promise<Outcome<void>>;
  pause(): Promise<Outcome<void>>;
  resume(): Promise<Outcome<void>>;
  stop(): Promise<Outcome<void>>;
  setLimits(limits: AgentLimits): Promise<Outcome<void>>;
  /** Ends the worker and hands its leases back. */
  close(): void;
};

/** What the owner asked for last; a worker that takes a dead one's place is told the same. */
type Wish = 'stopped' | 'computing' | 'paused';

// How often the worker is asked whether it lives. Milliseconds.
const PING_MS = 5_000;
// How long the worker may take to answer anything. A hidden tab's timers are slow. Milliseconds.
const ANSWER_MS = 15_000;

// How long to wait before a dead worker is replaced: one that cannot start must not make a hot loop.
const RESPAWN_MS = 1_000;

const LEAVE_URL = '/manyhands.agents.v1.AgentService/Leave';

/**
 * Runs the agent's worker for a page, and a new one in its place when it dies or hangs.
 *
 * When the page closes, the leases are handed back by a beacon.
 */
export function superviseAgent(): SupervisedAgent {
  return new Supervisor();
}

class Supervisor implements SupervisedAgent {
  #worker: Worker | null = null;
  #api: Remote<AgentApi> | null = null;
  #wish: Wish = 'stopped';
  #limits: AgentLimits | null = null;
  #agent: BrowserAgentSnapshot = { place: 'here', snapshot: null };
  #leaveRequest: Uint8Array | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #pinging: ReturnType<typeof setInterval>;
  #respawning: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#spawn();
    this.#pinging = setInterval(() => void this.#watch(), PING_MS);
    addEventListener('pagehide', this.#leave);
  }

  snapshot(): BrowserAgentSnapshot {
    return this.#agent;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(limits: AgentLimits): Promise<Outcome<void>> {
    this.#wish = 'computing';
    this.#limits = limits;
    return this.#call((api) => api.start(limits));
  }

  pause(): Promise<Outcome<void>> {
    if (this.#wish === 'computing') this.#wish = 'paused';
    return this.#call((api) => api.pause());
  }

  resume(): Promise<Outcome<void>> {
    if (this.#wish === 'paused') this.#wish = 'computing';
    return this.#call((api) => api.resume());
  }

  stop(): Promise<Outcome<void>> {
    this.#wish = 'stopped';
    return this.#call((api) => api.stop());
  }

  setLimits(limits: AgentLimits): Promise<Outcome<void>> {
    this.#limits = limits;
    return this.#call((api) => api.setLimits(limits));
  }

  close(): void {
    clearInterval(this.#pinging);
    clearTimeout(this.#respawning);
    removeEventListener('pagehide', this.#leave);
    this.#leave();
    this.#end();
  }

  readonly #leave = (): void => {
    if (this.#leaveRequest === null) return;
    const body = new Blob([new Uint8Array(this.#leaveRequest)], { type: 'application/proto' });
    navigator.sendBeacon(LEAVE_URL, body);
    this.#leaveRequest = null;
  };

  #spawn(): void {
    const worker = new Worker(new URL('../../../workers/agent.worker.ts', import.meta.url), {
      type: 'module',
      name: 'manyhands agent',
    });
    worker.addEventListener('error', () => this.#replace(worker));
    this.#worker = worker;
    this.#api = wrap<AgentApi>(worker);
    const listener = proxy((update: AgentUpdate) => this.#take(worker, update));
    void this.#call((api) => api.subscribe(listener));
  }

  #take(from: Worker, update: AgentUpdate): void {
    if (from !== this.#worker) return;
    this.#agent = update.agent;
    this.#leaveRequest = update.leaveRequest;
    for (const listener of this.#listeners) listener();
  }

  async #watch(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const answer = await this.#call((api) => api.ping());
    if (!answer.ok) this.#replace(worker);
  }

  /** Takes a dead worker's place after a moment, and goes on as the owner wished. */
  #replace(dead: Worker): void {
    if (dead !== this.#worker) return;
    this.#end();
    this.#respawning = setTimeout(() => {
      this.#spawn();
      const limits = this.#limits;
      if (limits === null) return;
      if (this.#wish === 'computing') void this.#call((api) => api.start(limits));
      else void this.#call((api) => api.setLimits(limits));
    }, RESPAWN_MS);
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#api = null;
  }

  /** A call with a deadline: one to a dead worker would never settle. */
  async #call(make: (api: Remote<AgentApi>) => Promise<Outcome<void>>): Promise<Outcome<void>> {
    const api = this.#api;
    if (api === null) return noAnswer('was closed');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Outcome<void>>((resolve) => {
      timer = setTimeout(() => resolve(noAnswer('does not answer and is restarted')), ANSWER_MS);
    });
    try {
      return await Promise.race([make(api), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function noAnswer(what: string): Outcome<void> {
  return fail(
    failure('unavailable', `the agent's worker ${what}. Reload the page if it stays so.`),
  );
}

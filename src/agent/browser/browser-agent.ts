import { create, toBinary } from '@bufbuild/protobuf';
import {
  cachedBlocks,
  httpBlocks,
  memoryBlocks,
  openOpfsBlocks,
  type BlockStore,
} from '../../data/index.ts';
import { BLOCK_CACHE_BYTES_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { signerOf, type SigningKey } from '../../integrity/index.ts';
import { LeaveRequestSchema } from '../../wire/index.ts';
import { makeAgent, type Agent } from '../agent.ts';
import type { AgentLimits } from '../agent-event.ts';
import { agentRpc } from '../agent-rpc.ts';
import { systemClock } from '../clock.ts';
import { computePool } from '../compute-pool.ts';
import { serviceBlocks } from '../service-blocks.ts';
import { taskData } from '../task-data.ts';
import { SNAPSHOTS_PER_SECOND, type AgentApi, type AgentUpdate } from './agent-api.ts';
import { browserFacts } from './browser-facts.ts';
import { fetchTransport } from './fetch-transport.ts';
import { spawnBrowserLane } from './spawn-lane.ts';
import { openStoredKey } from './stored-key.ts';
import { tabLock, type TabLock } from './tab-lock.ts';
import { tieredBlocks } from './tiered-blocks.ts';

// How often a tab that does not compute looks whether another does. Milliseconds.
const LOOK_MS = 2_000;
// Blocks cached in memory, before those in the browser's files for the page. Bytes.
const MEMORY_CACHE_BYTES = 64 * 1024 * 1024;

/** The agent of a tab, to be exposed to its page. */
export function browserAgent(): AgentApi {
  return new BrowserAgent(tabLock());
}

class BrowserAgent implements AgentApi {
  readonly #lock: TabLock;
  readonly #agent: Promise<Outcome<Agent>>;
  #made: Agent | null = null;
  #place: AgentUpdate['agent']['place'] = 'here';
  #listener: ((update: AgentUpdate) => void) | null = null;
  #toldPhase = '';
  #telling: ReturnType<typeof setTimeout> | null = null;

  constructor(lock: TabLock) {
    this.#lock = lock;
    this.#agent = this.#make();
    void this.#look();
    setInterval(() => void this.#look(), LOOK_MS);
  }

  async start(limits: AgentLimits): Promise<Outcome<void>> {
    return this.#command((agent) => {
      agent.setLimits(limits);
      void this.#startWhenAlone(agent);
    });
  }

  async pause(): Promise<Outcome<void>> {
    // One that only waits for its turn has nothing to hand back; it gives up its place in line.
    return this.#command((agent) =>
      agent.snapshot().phase === 'stopped' ? this.#yield() : agent.pause(),
    );
  }

  async resume(): Promise<Outcome<void>> {
    return this.#command((agent) => {
      if (agent.snapshot().phase === 'paused') agent.resume();
      else void this.#startWhenAlone(agent);
    });
  }

  async stop(): Promise<Outcome<void>> {
    return this.#command((agent) => {
      void agent.stop();
      this.#yield();
    });
  }

  async setLimits(limits: AgentLimits): Promise<Outcome<void>> {
    return this.#command((agent) => agent.setLimits(limits));
  }

  async subscribe(listener: (update: AgentUpdate) => void): Promise<Outcome<void>> {
    this.#listener = listener;
    this.#tell();
    return succeed(undefined);
  }

  async ping(): Promise<Outcome<void>> {
    return succeed(undefined);
  }

  async #make(): Promise<Outcome<Agent>> {
    const key = await openStoredKey();
    if (!key.ok) return key;
    this.#made = makeBrowserAgent(key.value);
    this.#made.subscribe(() => this.#tellSoon());
    this.#tell();
    return succeed(this.#made);
  }

  async #command(run: (agent: Agent) => void): Promise<Outcome<void>> {
    const agent = await this.#agent;
    if (!agent.ok) return agent;
    run(agent.value);
    return succeed(undefined);
  }

  async #startWhenAlone(agent: Agent): Promise<void> {
    const acquired = this.#lock.acquire();
    void this.#look();
    if (!(await acquired)) return;
    agent.start();
    void this.#look();
  }

  /** Lets another tab compute, or gives up waiting for it to end. */
  #yield(): void {
    this.#lock.release();
    void this.#look();
  }

  /** Looks where computing goes on. */
  async #look(): Promise<void> {
    const place = await this.#lock.place();
    if (place === this.#place) return;
    this.#place = place;
    this.#tell();
  }

  #tellSoon(): void {
    if (this.#made?.snapshot().phase !== this.#toldPhase) return this.#tell();
    this.#telling ??= setTimeout(() => this.#tell(), 1000 / SNAPSHOTS_PER_SECOND);
  }

  #tell(): void {
    if (this.#telling !== null) clearTimeout(this.#telling);
    this.#telling = null;
    const snapshot = this.#made?.snapshot() ?? null;
    this.#toldPhase = snapshot?.phase ?? '';
    const agent = { place: this.#place, snapshot };
    this.#listener?.({ agent, leaveRequest: this.#leaveRequest() });
  }

  #leaveRequest(): Uint8Array | null {
    const sessionId = this.#made?.session() ?? null;
    if (sessionId === null) return null;
    return toBinary(LeaveRequestSchema, create(LeaveRequestSchema, { sessionId }));
  }
}

function makeBrowserAgent(key: SigningKey): Agent {
  const { origin } = location;
  const transport = fetchTransport(origin);
  const fast = memoryBlocks({ bytesMax: MEMORY_CACHE_BYTES });
  const files = tieredBlocks({ fast, slow: openFiles(fast) });
  const source = httpBlocks({ origin });
  const data = taskData({
    lasting: cachedBlocks({ cache: files, source }),
    passing: cachedBlocks({ cache: fast, source }),
  });
  const device = browserFacts();
  return makeAgent(
    {
      orchestrators: [
        {
          address: origin,
          rpc: agentRpc(transport),
          data,
          sinkOf: (session) => serviceBlocks(transport, session),
        },
      ],
      signer: signerOf(key),
      pool: computePool(spawnBrowserLane),
      device,
      clock: systemClock,
    },
    {
      // What the owner lends comes with the start.
      limits: { lanes: 1, memoryBytes: 0, backend: 'auto' },
      seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    },
  );
}

/** The browser's files for this page; where it keeps none, memory alone must do. */
async function openFiles(memory: BlockStore): Promise<BlockStore> {
  const opened = await openOpfsBlocks({ folder: 'blocks', bytesMax: BLOCK_CACHE_BYTES_MAX });
  return opened.ok ? opened.value : memory;
}

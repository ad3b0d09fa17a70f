import { createConnectTransport } from '@connectrpc/connect-node';
import { availableParallelism, cpus, release, type } from 'node:os';
import { resolve } from 'node:path';
import { cachedBlocks, httpBlocks, memoryBlocks, type BlockCache } from '../../data/index.ts';
import { failure } from '../../domain/failure.ts';
import { LANES_MAX, MESSAGE_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { generateSigningKey, signerOf } from '../../integrity/index.ts';
import { makeAgent, type Agent } from '../agent.ts';
import type { BackendChoice } from '../agent-event.ts';
import type { Orchestrator } from '../agent-ports.ts';
import { agentRpc } from '../agent-rpc.ts';
import type { AgentSnapshot } from '../agent-snapshot.ts';
import { systemClock } from '../clock.ts';
import { computePool } from '../compute-pool.ts';
import type { DeviceFacts } from '../joining.ts';
import type { AgentLiar } from '../lies/liar.ts';
import { serviceBlocks } from '../service-blocks.ts';
import { taskData } from '../task-data.ts';
import { wasmFeatures } from '../wasm-features.ts';
import { openKeyFile } from './key-file.ts';
import { spawnNodeLane } from './spawn-lane.ts';

export type NativeAgentOptions = {
  /** Where orchestrators are, the first one first: http or https, without a path. */
  readonly orchestratorUrls: readonly string[];
  /**
   * Made there if it does not exist; `defaultKeyFile()` where the owner names none. Null: a new key,
   * which ends with this run.
   */
  readonly keyFile: string | null;
  /** Tasks computed at once, each in a thread of its own. 1 to LANES_MAX. */
  readonly threads: number;
  /** Memory lent, for all threads together. Bytes. */
  readonly memoryBytes: number;
  /** 'auto' is WASM and ONNX Runtime's CPU provider; 'webgpu' adds Dawn where it is installed. */
  readonly backend: BackendChoice;
  /** Ends the agent: it hands its leases back and then settles. */
  readonly signal: AbortSignal;
  /** Lets the owner pause and resume: calls what it is given each time, until its result is called. */
  readonly pauseSwitch: (toggle: () => void) => () => void;
  /** Makes it lie, where it may; left out, it is honest. */
  readonly liar?: AgentLiar;
  /** Told at every change. */
  readonly onSnapshot: (snapshot: AgentSnapshot) => void;
};

// The share of the lent memory in which blocks are cached; lanes have the rest.
const CACHE_SHARE = 0.25;
const STAY_MS = 3_600_000;

/**
 * Runs an agent in this process until the signal, or until an orchestrator refuses it for good.
 *
 * Errors: "key_unusable", "config_invalid", and what the agent was refused with.
 */
export async function runNativeAgent(options: NativeAgentOptions): Promise<Outcome<void>> {
  const origins = originsOf(options.orchestratorUrls);
  if (!origins.ok) return origins;
  const { threads } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > LANES_MAX) {
    return fail(failure('config_invalid', `threads must be 1 to ${LANES_MAX}, not ${threads}.`));
  }
  const { keyFile } = options;
  const key = await (keyFile === null
    ? generateSigningKey({ extractable: false })
    : openKeyFile(resolve(keyFile)));
  if (!key.ok) return key;
  const cache = memoryBlocks({ bytesMax: options.memoryBytes * CACHE_SHARE });
  const [first, ...others] = origins.value;
  const agent = makeAgent(
    {
      orchestrators: [
        orchestratorAt(first, cache),
        ...others.map((origin) => orchestratorAt(origin, cache)),
      ],
      signer: signerOf(key.value),
      pool: computePool(spawnNodeLane),
      device: nodeFacts(),
      clock: systemClock,
      ...(options.liar !== undefined && { liar: options.liar }),
    },
    { limits: limitsOf(options), seed: Math.floor(Math.random() * 2 ** 32) },
  );
  return untilEnded(agent, options);
}

/** The cache serves all orchestrators: a block's name is what it holds. */
function orchestratorAt(origin: string, cache: BlockCache): Orchestrator {
  const transport = createConnectTransport({
    baseUrl: origin,
    httpVersion: '1.1',
    useBinaryFormat: true,
    acceptCompression: [],
    readMaxBytes: MESSAGE_BYTES_MAX,
  });
  const blocks = cachedBlocks({ cache, source: httpBlocks({ origin }) });
  return {
    address: origin,
    rpc: agentRpc(transport),
    data: taskData({ lasting: blocks, passing: blocks }),
    sinkOf: (session) => serviceBlocks(transport, session),
  };
}

function limitsOf(options: NativeAgentOptions) {
  const { threads, memoryBytes, backend } = options;
  const lanesMemoryBytes = Math.floor(memoryBytes * (1 - CACHE_SHARE));
  // Dawn only where it is asked for by name: it needs a driver and loads 40 MB.
  const chosen = backend === 'auto' ? 'wasm' : backend;
  return { lanes: threads, memoryBytes: lanesMemoryBytes, backend: chosen } as const;
}

async function untilEnded(agent: Agent, options: NativeAgentOptions): Promise<Outcome<void>> {
  const { signal, onSnapshot, pauseSwitch } = options;
  const endSwitch = pauseSwitch(() => {
    if (agent.snapshot().phase === 'paused') agent.resume();
    else agent.pause();
  });
  // A paused agent has nothing else that keeps its process.
  const staying = setInterval(() => undefined, STAY_MS);
  const outcome = await new Promise<Outcome<void>>((resolveOutcome) => {
    const onAbort = (): void => resolveOutcome(succeed(undefined));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    agent.subscribe(() => {
      const snapshot = agent.snapshot();
      onSnapshot(snapshot);
      if (snapshot.phase !== 'refused' || snapshot.lastFailure === null) return;
      signal.removeEventListener('abort', onAbort);
      resolveOutcome(fail(snapshot.lastFailure.failure));
    });
    agent.start();
  });
  endSwitch();
  clearInterval(staying);
  await agent.stop();
  return outcome;
}

function originsOf(urls: readonly string[]): Outcome<readonly [string, ...string[]]> {
  const origins = new Set<string>();
  for (const url of urls) {
    const origin = originOf(url);
    if (!origin.ok) return origin;
    origins.add(origin.value);
  }
  const [first, ...others] = origins;
  if (first !== undefined) return succeed([first, ...others]);
  return fail(failure('config_invalid', 'no orchestrator is named. Name one at least.'));
}

function originOf(url: string): Outcome<string> {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return succeed(parsed.origin);
  const text = `"${url}" is no address of an orchestrator`;
  return fail(failure('config_invalid', `${text}. Write it like http://localhost:8080`));
}

/** What this machine is, for people. */
export function nodeLabel(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `Node ${process.versions.node}, ${type()} ${release()}, ${model.trim()}`;
}

function nodeFacts(): DeviceFacts {
  return {
    kind: 'native',
    label: nodeLabel(),
    logicalCores: availableParallelism(),
    features: { ...wasmFeatures(), wasmThreads: true },
  };
}

import { afterEach } from 'vitest';
import { sinkOf, writeBlob } from '../data/index.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { TaskReport } from '../domain/report.ts';
import type { TensorRef } from '../domain/tensor.ts';
import type { StageWork } from '../domain/work.ts';
import { generateSigningKey, signerOf } from '../integrity/index.ts';
import type { BackendChoice } from './agent-event.ts';
import type { Clock, Orchestrator } from './agent-ports.ts';
import { agentRpc } from './agent-rpc.ts';
import type { AgentSnapshot } from './agent-snapshot.ts';
import { makeAgent, type Agent } from './agent.ts';
import { systemClock } from './clock.ts';
import { computePool, type ComputePool } from './compute-pool.ts';
import type { AgentLiar } from './lies/liar.ts';
import { spawnNodeLane } from './native/spawn-lane.ts';
import type { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';
import { serviceBlocks } from './service-blocks.ts';
import { taskData } from './task-data.ts';

// What tests of whole agents share: real ones, and work for them.

const LIMITS = { lanes: 2, memoryBytes: 16 * 1024 ** 3 } as const;
/** Of every input of `reluWork`. */
export const ROWS = 64;

const agents: Agent[] = [];
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
});

/** A real agent with threads for lanes, of these orchestrators; it ends with the test. */
export async function agentOf(
  first: ScriptedOrchestrator,
  {
    others = [],
    clock = systemClock,
    pool,
    backend = 'wasm',
    liar,
    memoryBytes,
  }: AgentOptions = {},
): Promise<Agent> {
  const agent = makeAgent(
    {
      orchestrators: [portsOf(first), ...others.map(portsOf)],
      signer: signerOf(valueOf(await generateSigningKey({ extractable: false }))),
      pool: pool ?? computePool(spawnNodeLane),
      device: {
        kind: 'native',
        label: 'test',
        logicalCores: 2,
        features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true },
      },
      clock,
      ...(liar !== undefined && { liar }),
    },
    { limits: { ...LIMITS, backend, ...(memoryBytes !== undefined && { memoryBytes }) }, seed: 1 },
  );
  agents.push(agent);
  return agent;
}

type AgentOptions = {
  readonly others?: readonly ScriptedOrchestrator[];
  readonly clock?: Clock;
  readonly pool?: ComputePool;
  readonly backend?: BackendChoice;
  readonly liar?: AgentLiar;
  readonly memoryBytes?: number;
};

function portsOf(orchestrator: ScriptedOrchestrator): Orchestrator {
  const { name, blocks } = orchestrator;
  const transport = orchestrator.transport();
  return {
    address: name,
    rpc: agentRpc(transport),
    data: taskData({ lasting: blocks, passing: blocks }),
    sinkOf: (session) => serviceBlocks(transport, session),
  };
}

/** Settles once the agent, or the other side, is as wanted. */
export function until(
  agent: Agent,
  wanted: (snapshot: AgentSnapshot) => boolean,
): Promise<AgentSnapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      const snapshot = agent.snapshot();
      if (!wanted(snapshot)) return;
      unsubscribe();
      resolve(snapshot);
    };
    const unsubscribe = agent.subscribe(look);
    look();
  });
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** x [rows, columns] -> relu(x), where x counts up from minus one. */
export async function reluWork(
  orchestrator: ScriptedOrchestrator,
  columns: number,
): Promise<StageWork> {
  const values = Float32Array.from({ length: ROWS * columns }, (_, index) => index - 1);
  const bytes = new Uint8Array(values.buffer);
  const source = (async function* () {
    yield bytes;
  })();
  const { blob } = valueOf(await writeBlob(sinkOf(orchestrator.blocks), source));
  const tensor: TensorRef = {
    dtype: 'float32',
    shape: [ROWS, columns],
    source: { kind: 'blob', blob, byteOffset: 0 },
  };
  return {
    program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
    inputs: [{ name: 'x', cut: 'rows', tensor }],
    outputs: [{ name: 'y', dtype: 'float32', rowShape: [columns] }],
  };
}

/** A task that takes minutes. */
export function longWork(): StageWork {
  const size = 2048;
  const w = { dtype: 'float32', shape: [size, size] } as const;
  const inline = { kind: 'inline', bytes: new Uint8Array(size * 4) } as const;
  const nodes = Array.from({ length: 250 }, (_, index) => ({
    operator: 'matmul' as const,
    inputs: ['column', 'row'],
    output: `y${index}`,
  }));
  return {
    program: { kind: 'graph', nodes },
    inputs: [
      { name: 'column', cut: 'rows', tensor: { ...w, shape: [size, 1], source: inline } },
      { name: 'row', cut: 'whole', tensor: { ...w, shape: [1, size], source: inline } },
    ],
    outputs: nodes.slice(0, 1).map(({ output }) => ({
      name: output,
      dtype: 'float32',
      rowShape: [size],
    })),
  };
}

export function outputOf(report: TaskReport | undefined): TensorRef | undefined {
  return report?.result.kind === 'output' ? report.result.output[0] : undefined;
}

export function inlineNumbers(ref: TensorRef | undefined): number[] {
  if (ref?.source.kind !== 'inline') return [];
  return [...new Float32Array(ref.source.bytes.slice().buffer)];
}

import { createConnectTransport } from '@connectrpc/connect-node';
import { agentRpc, type AgentRpc, type ReportAnswer } from '../../src/agent/agent-rpc.ts';
import { serviceBlocks } from '../../src/agent/service-blocks.ts';
import { storeOutputs } from '../../src/agent/task-data.ts';
import { httpBlocks, openBlob, readSlice, type BlockSource } from '../../src/data/index.ts';
import type { Capability, ConformanceReport } from '../../src/domain/capability.ts';
import type { SessionId } from '../../src/domain/ids.ts';
import { PRIMITIVES } from '../../src/domain/operator.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { TaskReport } from '../../src/domain/report.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { tensorBytes, type Tensor, type TensorRef } from '../../src/domain/tensor.ts';
import type { BlobRef, LeasedTask } from '../../src/domain/work.ts';
import {
  generateSigningKey,
  publicKeyOf,
  signBytes,
  type SigningKey,
} from '../../src/integrity/index.ts';
import {
  openNodeModelRunner,
  openWasmKernels,
  type Kernels,
  type ModelSession,
} from '../../src/kernels/index.ts';
import { joinClaimToBytes, reportToBytes } from '../../src/wire/index.ts';
import { executeTask, taskInputs } from '../../src/workloads/index.ts';
import { certain } from './client.ts';

/** What became of a lease, as an agent reports it. */
export type Told = TaskReport['result'];

const DEVICE: Capability = {
  kind: 'native',
  label: 'driven by hand',
  lanes: 1,
  memoryBytes: 2 ** 30,
  logicalCores: 1,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: Object.fromEntries(PRIMITIVES.map((name) => [name, 'wasm'])),
};

/** An agent whose calls a test makes one by one: real key, real protocol, real kernels. */
export class HandDrivenAgent {
  readonly key: SigningKey;
  readonly session: SessionId;
  readonly rpc: AgentRpc;
  readonly source: BlockSource;
  readonly sink: ReturnType<typeof serviceBlocks>;

  private constructor(url: string, of: { key: SigningKey; session: SessionId; rpc: AgentRpc }) {
    this.key = of.key;
    this.session = of.session;
    this.rpc = of.rpc;
    this.source = httpBlocks({ origin: url });
    this.sink = serviceBlocks(transportTo(url), of.session);
  }

  /** Joins with a new key unless one is given; `changes` is what its device offers otherwise. */
  static async join(
    url: string,
    options: {
      readonly key?: SigningKey;
      readonly changes?: Partial<Capability>;
      readonly rpc?: AgentRpc;
      readonly conformance?: readonly ConformanceReport[];
    } = {},
  ): Promise<HandDrivenAgent> {
    const rpc = options.rpc ?? agentRpc(transportTo(url));
    const key = options.key ?? certain(await generateSigningKey({ extractable: false }));
    const publicKey = certain(publicKeyOf(key.agent));
    const bytes = joinClaimToBytes({
      publicKey,
      challenge: certain(await rpc.challenge(publicKey, never())).challenge,
      versions: [1],
      capability: { ...DEVICE, ...options.changes },
      conformance: options.conformance ?? [],
    });
    const signature = await signBytes(key, { purpose: 'join', bytes });
    const { session } = certain(await rpc.join({ bytes, signature }, never()));
    return new HandDrivenAgent(url, { key, session, rpc });
  }

  /** The tasks granted; none, with the reason, where it was refused. */
  async ask(maxTasks: number, waitMs = 0) {
    return certain(await this.rpc.lease({ session: this.session, maxTasks, waitMs }, never()));
  }

  /** Exactly so many tasks, which must be there. */
  async lease(count: number): Promise<readonly LeasedTask[]> {
    const tasks: LeasedTask[] = [];
    while (tasks.length < count) {
      const answer = await this.ask(count - tasks.length, 5_000);
      if (answer.kind === 'refused') throw new Error(`no task: ${answer.reason}`);
      tasks.push(...answer.tasks);
    }
    return tasks;
  }

  /** What an honest agent puts out for a task. */
  async compute({ work, rows }: LeasedTask): Promise<readonly Tensor[]> {
    const inputs = new Map<string, Tensor>();
    for (const { name, ref } of taskInputs(work, rows)) inputs.set(name, await this.#read(ref));
    const session = work.program.kind === 'model' ? await this.#open(work.program.model) : null;
    const kernels = await wasmKernels();
    return certain(await executeTask({ work, rows, inputs, session, kernelsFor: () => kernels }));
  }

  /** A task's outputs as a report carries them; large ones are put as blobs first. */
  async store(outputs: readonly Tensor[]): Promise<Told> {
    const output = certain(await storeOutputs(this.sink, outputs, never()));
    return { kind: 'output', output };
  }

  /** Reports results in one batch, signed with `key`. */
  async report(
    results: readonly { readonly task: LeasedTask; readonly told: Told }[],
    key: SigningKey = this.key,
  ): Promise<Outcome<ReportAnswer>> {
    const { bytes, signature } = await this.sign(results, key);
    return this.rpc.report({ bytes, signature }, never());
  }

  async sign(
    results: readonly { readonly task: Pick<LeasedTask, 'lease'>; readonly told: Told }[],
    key: SigningKey = this.key,
  ) {
    const bytes = reportToBytes({
      session: this.session,
      results: results.map(({ task: { lease }, told: result }) => {
        return { lease, result, computeMs: 1, backend: 'wasm' };
      }),
    });
    return { bytes, signature: await signBytes(key, { purpose: 'report', bytes }) };
  }

  /** Computes a task rightly and reports it. */
  async do(task: LeasedTask): Promise<ReportAnswer> {
    const told = await this.store(await this.compute(task));
    return certain(await this.report([{ task, told }]));
  }

  /** Does whatever it is given until the signal; throws where it is refused for good. */
  async work(until: AbortSignal): Promise<void> {
    const { session } = this;
    while (!until.aborted) {
      const answer = await this.rpc.lease({ session, maxTasks: 2, waitMs: 2_000 }, until);
      if (!answer.ok && until.aborted) return;
      const leased = certain(answer);
      if (leased.kind === 'granted') for (const task of leased.tasks) await this.do(task);
      else if (leased.reason === 'quarantined') throw new Error('an honest agent is quarantined');
    }
  }

  async standing(): Promise<Standing> {
    const beat = { session: this.session, leases: [] };
    return certain(await this.rpc.heartbeat(beat, never())).standing;
  }

  leave(): Promise<void> {
    return this.rpc.leave(this.session);
  }

  async #read(ref: TensorRef): Promise<Tensor> {
    const { dtype, shape, source } = ref;
    if (source.kind === 'inline') return { dtype, shape, bytes: source.bytes.slice() };
    const blob = certain(await openBlob(this.source, { blob: source.blob }));
    const slice = { blob, byteOffset: source.byteOffset, byteLength: tensorBytes(ref) };
    return { dtype, shape, bytes: certain(await readSlice(this.source, slice)) };
  }

  async #open(model: BlobRef): Promise<ModelSession> {
    const known = sessions.get(model.blob);
    if (known !== undefined) return known;
    const blob = certain(await openBlob(this.source, model));
    const slice = { blob, byteOffset: 0, byteLength: model.byteLength };
    const runner = certain(await openNodeModelRunner({ threads: 1 }));
    const session = certain(await runner.load(certain(await readSlice(this.source, slice))));
    sessions.set(model.blob, session);
    return session;
  }
}

// Devices of this process: agents of one test share them, as they say nothing of who asks.
const sessions = new Map<string, ModelSession>();
let kernels: Promise<Kernels> | null = null;

function wasmKernels(): Promise<Kernels> {
  return (kernels ??= openWasmKernels().then(certain));
}

function transportTo(url: string) {
  return createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
}

/** The signal of a call that is not aborted. */
function never(): AbortSignal {
  return new AbortController().signal;
}

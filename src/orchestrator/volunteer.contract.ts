// A plain volunteer and producer for this room's tests: real RPC, references for kernels.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, expect } from 'vitest';
import type { Capability, ConformanceReport } from '../domain/capability.ts';
import type { SessionId } from '../domain/ids.ts';
import { OPERATORS, PRIMITIVES } from '../domain/operator.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { TaskReport } from '../domain/report.ts';
import type { Tensor, TensorRef } from '../domain/tensor.ts';
import type { LeasedTask } from '../domain/work.ts';
import { httpBlocks, writeBlob } from '../data/index.ts';
import { generateSigningKey, publicKeyOf, signBytes, type SigningKey } from '../integrity/index.ts';
import { runReference, type Kernels, type ModelSession } from '../kernels/index.ts';
import {
  AgentService,
  DataService,
  JobService,
  joinClaimToBytes,
  leasedTasksFromWire,
  NetworkService,
  reportToBytes,
} from '../wire/index.ts';
import { executeTask, taskInputs } from '../workloads/index.ts';
import { configWith, type OrchestratorConfig } from './index.ts';
import {
  startOrchestrator,
  type OrchestratorParts,
  type RunningOrchestrator,
} from './orchestrator.ts';
import { tensorReader } from './tensor-reader.ts';

const running: RunningOrchestrator[] = [];
afterAll(async () => {
  await Promise.all(running.map((orchestrator) => orchestrator.close()));
});

export function valueOf<T>(outcome: Outcome<T>): T {
  expect(outcome).toMatchObject({ ok: true });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

/** Asks again until there is an answer, or until it is so. */
export async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'manyhands-orchestrator-'));
}

/** A configuration that touches nothing but a new folder. */
export function testConfig(changes: Partial<OrchestratorConfig> = {}): OrchestratorConfig {
  const home = freshFolder();
  return configWith({ port: 0, home, welcomeJob: false, logLevel: 'silent', ...changes });
}

/** An orchestrator that is closed behind the tests of its file. */
export async function startForTest(
  changes: Partial<OrchestratorConfig> = {},
  parts: OrchestratorParts = {},
): Promise<RunningOrchestrator> {
  const orchestrator = valueOf(await startOrchestrator(testConfig(changes), parts));
  running.push(orchestrator);
  return orchestrator;
}

export type Producer = {
  readonly jobs: Client<typeof JobService>;
  readonly data: Client<typeof DataService>;
  readonly network: Client<typeof NetworkService>;
  readonly transport: Transport;
  /** Stores bytes as a blob, as a producer does. */
  put(bytes: Uint8Array): Promise<TensorRef['source']>;
};

export function producerOf({ url, apiKey }: Pick<RunningOrchestrator, 'url' | 'apiKey'>): Producer {
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '1.1',
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${apiKey}`);
        return next(request);
      },
    ],
  });
  const data = createClient(DataService, transport);
  return {
    transport,
    data,
    jobs: createClient(JobService, transport),
    network: createClient(NetworkService, transport),
    async put(bytes) {
      const sink = {
        missing: async (ids: readonly string[]) => {
          const { missingContentIds } = await data.stage({ contentIds: [...ids] });
          return { ok: true, value: missingContentIds } as never;
        },
        put: async (id: string, block: Uint8Array) => {
          await data.putBlock({ contentId: id, block });
          return { ok: true, value: undefined } as const;
        },
      };
      async function* once() {
        yield bytes;
      }
      const { blob } = valueOf(await writeBlob(sink, once()));
      return { kind: 'blob', blob, byteOffset: 0 };
    },
  };
}

export const CAPABILITY: Capability = {
  kind: 'native',
  label: 'a volunteer of the tests',
  lanes: 1,
  memoryBytes: 4 * 1024 ** 3,
  logicalCores: 1,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: Object.fromEntries(PRIMITIVES.map((name) => [name, 'wasm'] as const)),
};

export type Volunteer = {
  readonly agents: Client<typeof AgentService>;
  readonly key: SigningKey;
  readonly session: SessionId;
  lease(options?: { maxTasks?: number; waitMs?: number }): Promise<LeasedTask[]>;
  compute(task: LeasedTask): Promise<TaskReport>;
  report(results: readonly TaskReport[]): ReturnType<Client<typeof AgentService>['reportResults']>;
  /** Leases, computes and reports until something has come about. */
  workUntil(end: Promise<unknown>): Promise<void>;
};

export async function volunteerAt(
  url: string,
  options: {
    key?: SigningKey;
    capability?: Partial<Capability>;
    conformance?: readonly ConformanceReport[];
    transport?: Transport;
    /** Of the one model that its jobs run. */
    model?: ModelSession;
  } = {},
): Promise<Volunteer> {
  const baseUrl = url;
  const transport = options.transport ?? createConnectTransport({ baseUrl, httpVersion: '1.1' });
  const agents = createClient(AgentService, transport);
  const key = options.key ?? valueOf(await generateSigningKey({ extractable: false }));
  const { challenge } = await agents.getChallenge({});
  const claim = joinClaimToBytes({
    publicKey: valueOf(publicKeyOf(key.agent)),
    challenge,
    versions: [1],
    capability: { ...CAPABILITY, ...options.capability },
    conformance: options.conformance ?? [],
  });
  const signature = await signBytes(key, { purpose: 'join', bytes: claim });
  const { sessionId } = await agents.join({ claim, signature });
  const session = sessionId as SessionId;
  const read = tensorReader(httpBlocks({ origin: baseUrl }));

  const volunteer: Volunteer = {
    agents,
    key,
    session,
    async lease({ maxTasks = 8, waitMs = 0 } = {}) {
      const response = await agents.leaseTasks({ sessionId, maxTasks, waitMs });
      return valueOf(leasedTasksFromWire(response));
    },
    async compute({ lease, work, rows }) {
      const inputs = new Map<string, Tensor>();
      for (const { name, ref } of taskInputs(work, rows)) {
        inputs.set(name, valueOf(await read(ref)));
      }
      const tensors = valueOf(
        await executeTask({
          work,
          rows,
          inputs,
          kernelsFor: () => REFERENCES,
          session: options.model ?? null,
        }),
      );
      const output = tensors.map(({ dtype, shape, bytes }): TensorRef => {
        return { dtype, shape, source: { kind: 'inline', bytes } };
      });
      return { lease, result: { kind: 'output', output }, computeMs: 1, backend: 'wasm' };
    },
    async report(results) {
      const report = reportToBytes({ session, results });
      const signed = await signBytes(key, { purpose: 'report', bytes: report });
      return agents.reportResults({ report, signature: signed });
    },
    async workUntil(end) {
      const course = { isOver: false };
      const over = (): void => void (course.isOver = true);
      void end.then(over, over);
      while (!course.isOver) {
        const tasks = await volunteer.lease({ waitMs: 100 });
        if (tasks.length > 0)
          await volunteer.report(await Promise.all(tasks.map(volunteer.compute)));
      }
    },
  };
  return volunteer;
}

const REFERENCES: Kernels = {
  backend: 'wasm',
  operators: new Set(OPERATORS),
  run: async (call) => runReference(call),
  lost: new Promise(() => {}),
  close: () => {},
};

/** A small tensor inline. */
export function floats(shape: readonly number[], values: readonly number[]): TensorRef {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { dtype: 'float32', shape, source: { kind: 'inline', bytes } };
}

// A log as long as it ever is: a million tasks are with agents, and the next snapshot is almost due.
import type { Capability } from '../../../src/domain/capability.ts';
import type { AgentId, JobId, SessionId } from '../../../src/domain/ids.ts';
import { LEASES_PER_CALL_MAX } from '../../../src/domain/limits.ts';
import { startCoordinator, type Coordinator } from '../../../src/orchestrator/coordinator.ts';
import { openHoldings } from '../../../src/orchestrator/holdings.ts';
import { lineLogger } from '../../../src/orchestrator/index.ts';
import { mostBehind } from '../../../src/orchestrator/log/log-shortener.ts';
import type { LogPosition, ReportedOutputs, Write } from '../../../src/orchestrator/log/store.ts';
import {
  takeSnapshot,
  type CheckRequest,
  type GrantedLease,
  type SchedulerEffect,
} from '../../../src/scheduler/index.ts';
import { certain } from '../../network/client.ts';

export const OPEN_TASKS = 1_000_000;
/** Keys of which nothing was accepted yet hold no more leases each. */
export const AGENTS = Math.ceil(OPEN_TASKS / LEASES_PER_CALL_MAX);
/** Of so many agents, one has reported what it holds, and nothing of that is judged. */
const REPORTING = 4;
const JOBS = 12;
const ROWS = 200_000;
/** Agents that work at the same time behind the snapshot. */
const WORKERS = 256;
/** How near the log comes to its limits. */
const FULL = 0.97;

export const quiet = lineLogger({ level: 'silent', write: () => {} });

export type FullLog = {
  readonly snapshotBytes: number;
  /** Behind the snapshot. */
  readonly eventCount: number;
};

/** Fills a new data folder. */
export async function fillLog(data: string): Promise<FullLog> {
  const { store, recovered } = certain(await openHoldings(data, quiet));
  const { state } = recovered;
  const grown = { position: recovered.position, eventCount: 0, byteLength: 0 };
  const shortener = {
    grown(position: LogPosition, by: { readonly eventCount: number; readonly byteLength: number }) {
      grown.position = position;
      grown.eventCount += by.eventCount;
      grown.byteLength += by.byteLength;
    },
    idle: async () => {},
  };
  const now = (): number => 1_000;
  const coordinator = startCoordinator({ state, store, logger: quiet, now, shortener });
  for (let index = 0; index < JOBS; index++) await submitJob(coordinator, index);
  await inTurns(AGENTS, async (index) => {
    await joinAgent(coordinator, index);
    const leases = await lease(coordinator, index);
    if (index % REPORTING === 0) await report(coordinator, { index, leases });
  });
  const bytes = takeSnapshot(state);
  certain(await store.saveSnapshot({ ...grown.position, bytes }));
  const most = mostBehind(bytes.byteLength);
  grown.eventCount = 0;
  grown.byteLength = 0;
  const isFull = (): boolean => {
    const { eventCount, byteLength } = grown;
    return eventCount > FULL * most.eventCount || byteLength > FULL * most.byteLength;
  };
  await inTurns(WORKERS, async (worker) => {
    const index = AGENTS + worker;
    await joinAgent(coordinator, index);
    while (!isFull()) {
      const leases = await lease(coordinator, index);
      if (leases.length === 0) throw new Error('there are too few tasks to fill a log with');
      await judge(coordinator, await report(coordinator, { index, leases }));
    }
  });
  await coordinator.stop();
  await store.close();
  return { snapshotBytes: bytes.byteLength, eventCount: grown.eventCount };
}

/** Some at a time, so that their commits are made together. */
async function inTurns(count: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const runs = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: WORKERS }, runs));
}

async function submitJob(coordinator: Coordinator, index: number): Promise<void> {
  const job = `job_${String(index).padStart(26, '0')}` as JobId;
  const stage = {
    stage: 0,
    requirement: { primitives: ['relu'], memoryBytes: 1_000, rowBytes: 4 },
    rowCount: ROWS,
    cut: { kind: 'fixed', rowsPerTask: 1 },
    msPerRow: 1_000,
    contents: [],
  } as const;
  const terms = { weight: 1, deadlineAtMs: null, contributor: null, claimed: null };
  const checking = { kind: 'recompute', share: 1 } as const;
  certain(
    await coordinator.submit({
      ...{ kind: 'job-submitted', job, name: `job ${index}`, workload: 'operators', checking },
      ...{ stageCount: 1, stage, ...terms },
    }),
  );
}

const CAPABILITY: Capability = {
  kind: 'browser',
  label: 'Mozilla/5.0 (X11; Linux x86_64) of the bench',
  lanes: 4,
  memoryBytes: 2 ** 32,
  logicalCores: 8,
  features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
  primitives: { relu: 'wasm', add: 'wasm', mul: 'wasm', matmul: 'wasm' },
};

function keyOf(index: number): { readonly agent: AgentId; readonly session: SessionId } {
  const letters = String(index).padStart(43, 'A');
  return { agent: letters as AgentId, session: `session_${letters}` as SessionId };
}

async function joinAgent(coordinator: Coordinator, index: number): Promise<void> {
  const capability = CAPABILITY;
  certain(await coordinator.submit({ kind: 'agent-joined', ...keyOf(index), capability }));
}

async function lease(coordinator: Coordinator, index: number): Promise<readonly GrantedLease[]> {
  const { session } = keyOf(index);
  const asked = { kind: 'lease-requested', session, maxTasks: LEASES_PER_CALL_MAX } as const;
  const effects = certain(await coordinator.submit(asked));
  return effects.flatMap((effect) => (effect.kind === 'leases-granted' ? effect.leases : []));
}

async function report(
  coordinator: Coordinator,
  { index, leases }: { readonly index: number; readonly leases: readonly GrantedLease[] },
): Promise<readonly CheckRequest[]> {
  const { session } = keyOf(index);
  const results = leases.map((granted) => {
    return { lease: granted.lease, result: { kind: 'output' as const }, computeMs: 12.25 };
  });
  const writes = outputsOf(index, leases);
  const effects = certain(
    await coordinator.submit({ kind: 'results-reported', session, results }, writes),
  );
  return effects.flatMap((effect: SchedulerEffect) => {
    return effect.kind === 'checks-requested' ? effect.checks : [];
  });
}

function outputsOf(index: number, leases: readonly GrantedLease[]): readonly Write[] {
  const byJob = new Map<JobId, ReportedOutputs['outputs'][number][]>();
  const source = { kind: 'inline', bytes: new Uint8Array(4) } as const;
  for (const granted of leases) {
    const outputs = byJob.get(granted.job) ?? [];
    const output = [{ dtype: 'float32', shape: [1, 1], source }] as const;
    outputs.push({ lease: granted.lease, output });
    byJob.set(granted.job, outputs);
  }
  const { agent } = keyOf(index);
  return Array.from(byJob, ([job, outputs]) => ({ kind: 'outputs', job, agent, outputs }));
}

async function judge(coordinator: Coordinator, checks: readonly CheckRequest[]): Promise<void> {
  const judgements = checks.map(({ task, results }) => {
    const verdicts = results.map(({ lease: judged }) => {
      return { lease: judged, verdict: { kind: 'accepted' as const } };
    });
    return { task, verdicts, accepted: verdicts[0]?.lease ?? null };
  });
  await coordinator.insist({ kind: 'judged', judgements });
}

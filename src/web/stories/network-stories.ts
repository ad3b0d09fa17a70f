import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { JobView } from '../../domain/job.ts';
import { parseJobId } from '../../domain/ids.ts';
import { failure } from '../../domain/failure.ts';
import {
  AgentKind,
  Backend,
  CanaryState,
  GetNetworkResponseSchema,
  jobToWire,
  type AgentSummarySchema,
  type CanaryFiguresSchema,
} from '../../wire/index.ts';
import { mustSucceed } from './must-succeed.ts';

export type NetworkStory = 'network' | 'network-empty' | 'network-lost';

/** What an orchestrator would answer to GetNetwork; a lost one does not. */
export function networkAnswer(story: NetworkStory): Response {
  if (story === 'network-lost') throw new TypeError('Failed to fetch');
  const nowMs = Date.now();
  const message = create(GetNetworkResponseSchema, {
    softwareVersion: '0.1.0',
    startedAtMs: BigInt(nowMs - 7_360_000),
    throughput: Array.from({ length: 60 }, (_, index) => ({
      atMs: BigInt(nowMs - (60 - index) * 1000),
      tasksAccepted:
        story === 'network' ? Math.max(0, Math.round(12 + 9 * Math.sin(index / 5))) : 0,
      rowsAccepted: 0n,
      rowsSampled: 0,
      rowsAgreed: 0,
      checks: [],
    })),
    ...(story === 'network' && {
      agents: AGENTS,
      agentCount: 128,
      jobs: jobs(nowMs).map(jobToWire),
      openJobCount: 2,
      tasksWaiting: 1_204n,
      tasksAcceptedTotal: 184_233n,
      canaries: CANARIES,
    }),
  });
  return new Response(toBinary(GetNetworkResponseSchema, message).slice(), {
    headers: { 'content-type': 'application/proto' },
  });
}

const CANARIES: MessageInitShape<typeof CanaryFiguresSchema> = {
  lives: [
    { lie: 'colluding-pair', state: CanaryState.RUNNING, joinedAtMs: 3n, misses: 1n },
    { lie: 'low-rank', state: CanaryState.CAUGHT, joinedAtMs: 2n, caughtAfterMs: 240n },
    { lie: 'big-only', state: CanaryState.LEFT, joinedAtMs: 1n, misses: 12n },
  ],
  runningCount: 1,
  caughtCount: 148n,
  leftCount: 1n,
  catchesMeasured: 100,
  medianMs: 420n,
  worstMs: 9_200n,
  misses: 31n,
};

const AGENTS: MessageInitShape<typeof AgentSummarySchema>[] = [
  agent('Xk2mPq81', 'ada-workstation, Linux x64', { native: true, accepted: 48_211 }),
  agent('q3VtZ8kL', 'Chromium 156, Linux', { accepted: 1_284 }),
  agent('Zb81Lk0p', 'Safari 20, iPhone', { wasm: true, accepted: 302, lanes: 2 }),
  agent('b7Ym3nQe', 'Firefox 152, Windows', { accepted: 17, rejected: 3 }),
];

function agent(
  shortId: string,
  label: string,
  of: { native?: boolean; wasm?: boolean; accepted: number; rejected?: number; lanes?: number },
): MessageInitShape<typeof AgentSummarySchema> {
  const backend = of.wasm === true ? Backend.WASM : Backend.WEBGPU;
  return {
    shortId,
    label,
    kind: of.native === true ? AgentKind.NATIVE : AgentKind.BROWSER,
    modelBackend: of.native === true ? Backend.NATIVE : backend,
    leases: 3,
    lanes: of.lanes ?? 4,
    accepted: BigInt(of.accepted),
    rejected: BigInt(of.rejected ?? 0),
    quarantined: of.rejected !== undefined,
  };
}

function jobs(nowMs: number): JobView[] {
  const base: JobView = {
    job: mustSucceed(parseJobId('job_01jd2n3k4m5p6q7r8s9t0v1w2x')),
    name: 'Handwritten digits, evaluation set',
    workload: 'inference',
    state: 'running',
    submittedAtMs: nowMs - 84_000,
    endedAtMs: null,
    stage: 0,
    stageCount: 1,
    taskCount: 40,
    tasksAccepted: 25,
    tasksLeased: 11,
    tasksChecking: 4,
    rowCount: 10_000,
    rowsAccepted: 6_250,
    rowsSampled: 0,
    rowsAgreed: 0,
    checks: [],
    contributorCount: 14,
    failure: null,
  };
  const other = (last: string, change: Partial<JobView>): JobView => ({
    ...base,
    job: mustSucceed(parseJobId(`job_01jd2n3k4m5p6q7r8s9t0v1w2${last}`)),
    ...change,
  });
  return [
    base,
    other('a', {
      name: 'Welcome: a layer of 1024 neurons',
      workload: 'operators',
      state: 'queued',
      stageCount: 2,
      rowCount: 1_024,
      rowsAccepted: 0,
      rowsSampled: 0,
      rowsAgreed: 0,
      checks: [],
      tasksLeased: 0,
      tasksChecking: 0,
      contributorCount: 0,
    }),
    other('b', {
      name: 'Faces in 64 street photographs',
      state: 'failed',
      endedAtMs: nowMs - 20_000,
      rowCount: 64,
      rowsAccepted: 12,
      rowsSampled: 0,
      rowsAgreed: 0,
      checks: [],
      tasksLeased: 0,
      tasksChecking: 0,
      failure: failure(
        'job_failed',
        'Task 3 failed on 12 agents, the last one with out_of_memory. Lower the rows per task.',
      ),
    }),
    other('c', {
      name: 'Nightly regression of the tokenizer',
      state: 'done',
      endedAtMs: nowMs - 70_000,
      rowsAccepted: 10_000,
      rowsSampled: 0,
      rowsAgreed: 0,
      checks: [],
      tasksLeased: 0,
      tasksChecking: 0,
    }),
  ];
}

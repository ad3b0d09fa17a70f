import type { AgentSnapshot, BrowserAgentSnapshot, TaskView } from '../../agent/browser/index.ts';
import { failure } from '../../domain/failure.ts';
import { parseAgentId, parseJobId, taskIdOf } from '../../domain/ids.ts';
import { OPERATORS, PRIMITIVES } from '../../domain/operator.ts';
import { mustSucceed } from './must-succeed.ts';
import type { ChartPoint } from '../step-path.ts';

const NOW = Date.now();
const GIB = 1024 ** 3;
const JOB = mustSucceed(parseJobId('job_01jd2n3k4m5p6q7r8s9t0v1w2x'));

export const HISTORY: readonly ChartPoint[] = Array.from({ length: 60 }, (_, index) => ({
  atMs: NOW - (60 - index) * 21_000,
  value: Math.floor(index * 1.9 + Math.sin(index / 3) * 4 + 4),
}));

const TASKS: readonly TaskView[] = [
  {
    task: taskIdOf(JOB, { stage: 0, index: 41 }),
    jobName: 'Handwritten digits, evaluation set',
    rows: 250,
    rowsDone: 171,
    primitive: 'model.run',
    backend: 'webgpu',
    startedAtMs: NOW - 1_400,
  },
  {
    task: taskIdOf(JOB, { stage: 0, index: 42 }),
    jobName: 'Handwritten digits, evaluation set',
    rows: 250,
    rowsDone: 38,
    primitive: 'model.run',
    backend: 'webgpu',
    startedAtMs: NOW - 400,
  },
  {
    task: taskIdOf(JOB, { stage: 1, index: 7 }),
    jobName: 'Welcome: a layer of 1024 neurons',
    rows: 128,
    rowsDone: 0,
    primitive: null,
    backend: null,
    startedAtMs: NOW - 120,
  },
];

const COMPUTING: AgentSnapshot = {
  phase: 'working',
  idle: null,
  nextTryAtMs: null,
  tasks: TASKS,
  tasksAhead: 4,
  recent: { jobName: 'Handwritten digits, evaluation set', meanTaskMs: 1_470 },
  standing: { accepted: 1_284, rejected: 0, pending: 6, quarantine: null },
  counters: {
    tasksLeased: 130,
    tasksComputed: 123,
    rowsComputed: 30_750,
    tasksReported: 121,
    tasksFailed: 0,
    tasksDropped: 0,
    tasksLate: 1,
    computeMs: 181_000,
  },
  joinedAtMs: NOW - 1_260_000,
  lastFailure: null,
  selfTest: null,
  orchestrator: 'http://localhost:8080',
  moved: null,
  agent: mustSucceed(parseAgentId('q3VtZ8kLwXo2b1cD5eF7gH9iJ0kL2mN4oP6qR8sT0uV')),
  capability: {
    kind: 'browser',
    label: 'Chromium 156, Linux',
    lanes: 4,
    memoryBytes: GIB,
    logicalCores: 8,
    features: {
      wasmSimd: true,
      wasmRelaxedSimd: true,
      wasmThreads: true,
      webgpu: {
        adapter: 'Intel Xe Graphics',
        features: ['subgroups'],
        maxBufferBytes: 2 * GIB,
        maxStorageBufferBindingBytes: 2 * GIB,
        maxComputeWorkgroupStorageBytes: 32_768,
      },
    },
    primitives: Object.fromEntries(
      PRIMITIVES.map((primitive) => [primitive, primitive === 'tanh' ? 'wasm' : 'webgpu']),
    ),
  },
  conformance: OPERATORS.map((primitive) => ({
    primitive,
    backend: 'webgpu',
    passed: primitive !== 'tanh',
    detail: primitive === 'tanh' ? 'NaN for 88.0 where 1 is right' : '0.02 of the tolerance',
  })),
  limits: { lanes: 4, memoryBytes: GIB, backend: 'auto' },
};

/** The page's states, as an agent told them. */
export const AGENT_STORIES: Readonly<Record<string, BrowserAgentSnapshot>> = {
  welcome: { place: 'here', snapshot: null },
  computing: here({}),
  quick: here({
    tasks: TASKS.slice(0, 1).map((task) => ({ ...task, startedAtMs: NOW })),
    recent: { jobName: 'Handwritten digits, evaluation set', meanTaskMs: 3 },
  }),
  joining: here({
    phase: 'joining',
    tasks: [],
    tasksAhead: 0,
    standing: null,
    capability: null,
    idle: { why: 'joining', sinceMs: NOW - 800 },
  }),
  idle: here({
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'no_jobs', sinceMs: NOW - 12_000 },
    nextTryAtMs: NOW + 8_000,
  }),
  memory: here({
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'memory_too_small', sinceMs: NOW - 2_000 },
    nextTryAtMs: NOW + 15_000,
  }),
  paused: here({
    phase: 'paused',
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'paused', sinceMs: NOW - 3_000 },
  }),
  stopped: here({
    phase: 'stopped',
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'stopped', sinceMs: NOW - 3_000 },
  }),
  reconnecting: here({
    phase: 'backing-off',
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'reconnecting', sinceMs: NOW - 3_000 },
    nextTryAtMs: NOW + 7_000,
    lastFailure: { failure: failure('unavailable', 'Failed to fetch'), atMs: NOW - 3_000 },
  }),
  elsewhere: { place: 'elsewhere', snapshot: null },
  waiting: { place: 'waiting', snapshot: null },
  quarantined: here({
    tasks: [],
    tasksAhead: 0,
    standing: {
      accepted: 1_284,
      rejected: 1,
      pending: 0,
      quarantine: {
        untilMs: NOW + 3_412_000,
        reason: 'row 17 of output "Plus214_Output_0" differs from the recomputed one by 0.8.',
      },
    },
    idle: { why: 'quarantined', sinceMs: NOW - 3_000 },
  }),
  refused: here({
    phase: 'refused',
    tasks: [],
    tasksAhead: 0,
    idle: { why: 'refused', sinceMs: NOW - 3_000 },
    standing: null,
    capability: null,
    lastFailure: {
      failure: failure(
        'version_unsupported',
        'This page speaks version 1 of the protocol, the orchestrator versions 2 to 3.',
      ),
      atMs: NOW - 3_000,
    },
  }),
};

function here(change: Partial<AgentSnapshot>): BrowserAgentSnapshot {
  return { place: 'here', snapshot: { ...COMPUTING, ...change } };
}

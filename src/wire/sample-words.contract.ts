import type { Capability } from '../domain/capability.ts';
import { USUAL_TERMS, type JobSpec, type JobView } from '../domain/job.ts';
import type { BlobRef, LeasedTask, StageWork } from '../domain/work.ts';
import { parseContentId, parseJobId, parseLeaseId, taskIdOf } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';

// Domain values for this room's tests: each uses every branch of its type at least once.

function certain<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const sampleBlob: BlobRef = {
  blob: certain(parseContentId(`bafkrei${'a'.repeat(52)}`)),
  byteLength: 300_000,
};

const inline = {
  dtype: 'float32',
  shape: [2],
  source: { kind: 'inline', bytes: new Uint8Array(8) },
} as const;
const byReference = {
  dtype: 'uint8',
  shape: [10_000, 1, 28, 28],
  source: { kind: 'blob', blob: sampleBlob.blob, byteOffset: 128 },
} as const;

const sampleModelWork: StageWork = {
  program: {
    kind: 'model',
    model: sampleBlob,
    fixedBatch: 1,
    inputTypes: { Input3: 'float32' },
  },
  inputs: [
    { name: 'Input3', tensor: byReference, cut: 'rows' },
    { name: 'scale', tensor: inline, cut: 'whole' },
  ],
  outputs: [{ name: 'Plus214', dtype: 'float32', rowShape: [10] }],
};

const sampleGraphWork: StageWork = {
  program: {
    kind: 'graph',
    nodes: [
      { operator: 'relu', inputs: ['A'], output: 'B' },
      { operator: 'reduce-sum', inputs: ['B'], output: 'C', axis: 1 },
    ],
  },
  inputs: [{ name: 'A', tensor: inline, cut: 'rows' }],
  outputs: [{ name: 'C', dtype: 'float32', rowShape: [1] }],
};

const job = certain(parseJobId(`job_${'0'.repeat(26)}`));

export const sampleTasks: LeasedTask[] = [sampleModelWork, sampleGraphWork, sampleModelWork].map(
  (work, index) => ({
    lease: certain(parseLeaseId(`lease_${String(index).repeat(26)}`)),
    task: taskIdOf(job, { stage: 0, index }),
    job,
    jobName: 'digits',
    work,
    rows: { start: index * 10, end: index * 10 + 10 },
    leaseMs: 30_000,
  }),
);

export const sampleCapability: Capability = {
  kind: 'browser',
  label: 'Chromium 156, Linux',
  lanes: 2,
  memoryBytes: 2 ** 31,
  logicalCores: 8,
  features: {
    wasmSimd: true,
    wasmRelaxedSimd: true,
    wasmThreads: false,
    webgpu: {
      adapter: 'google swiftshader',
      features: ['timestamp-query'],
      maxBufferBytes: 2 ** 30,
      maxStorageBufferBindingBytes: 2 ** 29,
      maxComputeWorkgroupStorageBytes: 32_768,
    },
  },
  primitives: { matmul: 'webgpu', qmatmul: 'wasm', 'model.run': 'native' },
};

export const sampleSpecs: JobSpec[] = [
  {
    name: 'digits',
    workload: {
      kind: 'inference',
      model: sampleBlob,
      inputs: [{ name: 'Input3', tensor: byReference }],
      constants: [{ name: 'rate', tensor: inline }],
      outputs: ['Plus214'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 0.25 },
    rowsPerTask: 100,
  },
  {
    name: 'sums',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'A', tensor: inline }],
      nodes: [{ operator: 'add', inputs: ['A', 'A'], output: 'B' }],
      outputs: ['B'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'twice' },
  },
  {
    name: 'books',
    workload: { kind: 'audit', inputs: [{ name: 'entries', tensor: byReference }] },
    ...USUAL_TERMS,
  },
];

export const sampleView: JobView = {
  job,
  name: 'digits',
  workload: 'inference',
  state: 'failed',
  submittedAtMs: 1_790_000_000_000,
  endedAtMs: 1_790_000_001_000,
  stage: 1,
  stageCount: 2,
  taskCount: 40,
  tasksAccepted: 3,
  tasksLeased: 2,
  tasksChecking: 1,
  rowCount: 10_000,
  rowsAccepted: 750,
  rowsSampled: 3,
  rowsAgreed: 2,
  checks: ['structure', 'signature', 'recompute-rows'],
  contributorCount: 2,
  failure: { code: 'execution_failed', message: 'ran out of attempts' },
};

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { CHECK_NAMES, type CheckingPolicy } from '../domain/checking.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { parseJobId } from '../domain/ids.ts';
import type {
  AuditSpec,
  InferenceSpec,
  JobSpec,
  JobState,
  JobView,
  OperatorsSpec,
} from '../domain/job.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  JobSchema,
  JobSpecSchema,
  JobState as WireJobState,
  type AuditSpec as WireAuditSpec,
  type CheckingPolicy as WireCheckingPolicy,
  type InferenceSpec as WireInferenceSpec,
  type Job as WireJob,
  type JobFailure as WireJobFailure,
  type JobSpec as WireJobSpec,
  type OperatorsSpec as WireOperatorsSpec,
} from './gen/manyhands/jobs/v1/job_pb.ts';
import { collect } from './collect.ts';
import { nameTable } from './name-table.ts';
import { isFailureCode } from './report-wire.ts';
import {
  blobRefFromWire,
  blobRefToWire,
  namedTensorFromWire,
  namedTensorToWire,
} from './tensor-wire.ts';
import { numberFromWide } from './wide-integer.ts';
import { operatorNodeFromWire, operatorNodeToWire } from './work-wire.ts';

const STATE = nameTable<JobState, WireJobState>({
  queued: WireJobState.QUEUED,
  running: WireJobState.RUNNING,
  done: WireJobState.DONE,
  failed: WireJobState.FAILED,
  canceled: WireJobState.CANCELED,
});

export function jobSpecToWire(spec: JobSpec): WireJobSpec {
  return create(JobSpecSchema, {
    name: spec.name,
    workload: workloadToWire(spec.workload),
    checking: checkingToWire(spec.checking),
    rowsPerTask: spec.rowsPerTask ?? 0,
    weight: spec.weight === 1 ? 0 : spec.weight,
    deadlineMs: BigInt(spec.deadlineMs ?? 0),
  });
}

/**
 * A job as its producer asks for it. Who contributes is told beside it, with a signature.
 *
 * Errors: input_malformed, input_invalid, limit_exceeded, shape_mismatch, operator_unsupported.
 */
export function jobSpecFromWire(message: WireJobSpec | undefined): Outcome<JobSpec> {
  if (message === undefined) return fail(failure('input_malformed', 'the job is missing'));
  const workload = workloadFromWire(message.workload);
  if (!workload.ok) return workload;
  const deadline = numberFromWide(message.deadlineMs, 'the deadline');
  if (!deadline.ok) return deadline;
  return succeed({
    name: message.name,
    workload: workload.value,
    checking: checkingFromWire(message.checking),
    rowsPerTask: message.rowsPerTask === 0 ? null : message.rowsPerTask,
    weight: Math.max(1, message.weight),
    deadlineMs: deadline.value === 0 ? null : deadline.value,
    contributor: null,
  });
}

export function jobToWire(view: JobView): WireJob {
  return create(JobSchema, {
    jobId: view.job,
    name: view.name,
    workload: view.workload,
    state: STATE.toWire(view.state),
    submittedAtMs: BigInt(view.submittedAtMs),
    endedAtMs: BigInt(view.endedAtMs ?? 0),
    stage: view.stage,
    stageCount: view.stageCount,
    taskCount: BigInt(view.taskCount),
    tasksAccepted: BigInt(view.tasksAccepted),
    tasksLeased: BigInt(view.tasksLeased),
    tasksChecking: BigInt(view.tasksChecking),
    rowCount: BigInt(view.rowCount),
    rowsAccepted: BigInt(view.rowsAccepted),
    rowsSampled: BigInt(view.rowsSampled),
    rowsAgreed: BigInt(view.rowsAgreed),
    checks: [...view.checks],
    contributorCount: view.contributorCount,
    ...(view.failure !== null && {
      failure: { code: view.failure.code, message: view.failure.message },
    }),
  });
}

export function jobFromWire(message: WireJob | undefined): Outcome<JobView> {
  if (message === undefined) return fail(failure('input_malformed', 'the job is missing'));
  const job = parseJobId(message.jobId);
  if (!job.ok) return job;
  const state = STATE.fromWire(message.state);
  const { workload } = message;
  if (state === null || !isWorkload(workload)) {
    return fail(failure('input_invalid', `job ${job.value} is of a kind that is not known here`));
  }
  const counts = collect(
    [
      message.submittedAtMs,
      message.endedAtMs,
      message.taskCount,
      message.tasksAccepted,
      message.tasksLeased,
      message.tasksChecking,
      message.rowCount,
      message.rowsAccepted,
      message.rowsSampled,
      message.rowsAgreed,
    ],
    (value) => numberFromWide(value, 'a count of the job'),
  );
  if (!counts.ok) return counts;
  // The list above gives as many numbers as are named here.
  const [submittedAtMs, endedAtMs, taskCount, tasksAccepted, tasksLeased, tasksChecking] =
    counts.value as [number, number, number, number, number, number];
  const [rowCount, rowsAccepted, rowsSampled, rowsAgreed] = counts.value.slice(6) as [
    number,
    number,
    number,
    number,
  ];
  return succeed({
    job: job.value,
    name: message.name,
    workload,
    state,
    submittedAtMs,
    endedAtMs: endedAtMs === 0 ? null : endedAtMs,
    stage: message.stage,
    stageCount: message.stageCount,
    taskCount,
    tasksAccepted,
    tasksLeased,
    tasksChecking,
    rowCount,
    rowsAccepted,
    rowsSampled,
    rowsAgreed,
    // A newer orchestrator may know others.
    checks: CHECK_NAMES.filter((name) => message.checks.includes(name)),
    contributorCount: message.contributorCount,
    failure: message.failure === undefined ? null : jobFailureFromWire(message.failure),
  });
}

function isWorkload(name: string): name is JobView['workload'] {
  return name === 'inference' || name === 'operators' || name === 'audit';
}

function workloadToWire(
  workload: JobSpec['workload'],
): NonNullable<MessageInitShape<typeof JobSpecSchema>['workload']> {
  if (workload.kind === 'operators') {
    return {
      case: 'operators',
      value: {
        inputs: workload.inputs.map(namedTensorToWire),
        nodes: workload.nodes.map(operatorNodeToWire),
        outputs: [...workload.outputs],
      },
    };
  }
  if (workload.kind === 'audit') {
    const [entries] = workload.inputs;
    return {
      case: 'audit',
      value: entries === undefined ? {} : { entries: namedTensorToWire(entries) },
    };
  }
  return {
    case: 'inference',
    value: {
      model: blobRefToWire(workload.model),
      inputs: workload.inputs.map(namedTensorToWire),
      constants: workload.constants.map(namedTensorToWire),
      outputs: [...workload.outputs],
    },
  };
}

function workloadFromWire(workload: WireJobSpec['workload']): Outcome<JobSpec['workload']> {
  if (workload.case === 'inference') return inferenceFromWire(workload.value);
  if (workload.case === 'operators') return operatorsFromWire(workload.value);
  if (workload.case === 'audit') return auditFromWire(workload.value);
  return fail(failure('input_malformed', 'the job names no workload known here'));
}

function inferenceFromWire(message: WireInferenceSpec): Outcome<InferenceSpec> {
  const model = blobRefFromWire(message.model);
  if (!model.ok) return model;
  const inputs = collect(message.inputs, namedTensorFromWire);
  if (!inputs.ok) return inputs;
  const constants = collect(message.constants, namedTensorFromWire);
  if (!constants.ok) return constants;
  return succeed({
    kind: 'inference',
    model: model.value,
    inputs: inputs.value,
    constants: constants.value,
    outputs: message.outputs,
  });
}

function operatorsFromWire(message: WireOperatorsSpec): Outcome<OperatorsSpec> {
  const inputs = collect(message.inputs, namedTensorFromWire);
  if (!inputs.ok) return inputs;
  const nodes = collect(message.nodes, operatorNodeFromWire);
  if (!nodes.ok) return nodes;
  return succeed({
    kind: 'operators',
    inputs: inputs.value,
    nodes: nodes.value,
    outputs: message.outputs,
  });
}

function auditFromWire({ entries }: WireAuditSpec): Outcome<AuditSpec> {
  if (entries === undefined) return fail(failure('input_malformed', 'the audit has no entries'));
  const input = namedTensorFromWire(entries);
  return input.ok ? succeed({ kind: 'audit', inputs: [input.value] }) : input;
}

function checkingToWire(
  checking: CheckingPolicy,
): NonNullable<MessageInitShape<typeof JobSpecSchema>['checking']> {
  switch (checking.kind) {
    // No producer asks for 'auto' any more.
    case 'auto':
    case 'adaptive':
      return {};
    case 'twice':
      return { policy: { case: 'twice', value: {} } };
    case 'recompute':
      return { policy: { case: 'recompute', value: { share: checking.share } } };
  }
}

function checkingFromWire(message: WireCheckingPolicy | undefined): CheckingPolicy {
  switch (message?.policy.case) {
    case 'twice':
      return { kind: 'twice' };
    case 'recompute':
      return { kind: 'recompute', share: message.policy.value.share };
    default:
      return { kind: 'adaptive' };
  }
}

function jobFailureFromWire(message: WireJobFailure): Failure {
  return failure(isFailureCode(message.code) ? message.code : 'job_failed', message.message);
}

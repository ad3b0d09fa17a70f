// The front door to the protocol: generated services, and parsers between messages and the domain.
// Rules of protovalidate are apart, in `validation.ts`: only orchestrators load them.
export * from './gen/manyhands/agents/v1/agent_service_pb.ts';
export {
  AgentKind,
  Backend,
  CapabilitySchema,
  ConformanceReportSchema,
} from './gen/manyhands/agents/v1/capability_pb.ts';
export {
  OperatorNodeSchema,
  ReportSchema,
  StageWorkSchema,
  TaskSchema,
} from './gen/manyhands/agents/v1/task_pb.ts';
export * from './gen/manyhands/data/v1/data_service_pb.ts';
export * from './gen/manyhands/functions/v1/function_service_pb.ts';
export { JobSchema, JobSpecSchema, type Job } from './gen/manyhands/jobs/v1/job_pb.ts';
export * from './gen/manyhands/jobs/v1/job_service_pb.ts';
export * from './gen/manyhands/ledger/v1/ledger_service_pb.ts';
export * from './gen/manyhands/network/v1/network_service_pb.ts';
export * from './gen/manyhands/operators/v1/operator_pb.ts';
export * from './gen/manyhands/operators/v1/operator_service_pb.ts';
export {
  BlobRefSchema,
  NamedTensorSchema,
  TensorRefSchema,
} from './gen/manyhands/tensors/v1/tensor_pb.ts';
export {
  idleReasonFromWire,
  idleReasonToWire,
  joinClaimFromBytes,
  joinClaimFromWire,
  joinClaimMessageFromBytes,
  joinClaimToBytes,
  standingFromWire,
  standingToWire,
  type JoinClaim as JoinClaimContent,
} from './agent-wire.ts';
export {
  agentKindFromWire,
  agentKindToWire,
  backendFromWire,
  backendToWire,
  capabilityFromWire,
  capabilityToWire,
  conformanceFromWire,
  conformanceToWire,
} from './capability-wire.ts';
export { crowdTestFromWire, crowdTestMessageFromBytes, crowdTestToBytes } from './crowd-wire.ts';
export {
  evidenceListFromJson,
  evidenceListToJson,
  evidenceSummaryFromJson,
  evidenceSummaryToJson,
  type EvidenceJson,
} from './evidence-list.ts';
export { failureFromConnect, failureToConnect } from './failure-status.ts';
export { jobFromWire, jobSpecFromWire, jobSpecToWire, jobToWire } from './job-wire.ts';
export {
  reportFromBytes,
  reportFromWire,
  reportMessageFromBytes,
  reportToBytes,
  resultStatusFromWire,
  resultStatusToWire,
  type ReceivedReport,
  type ReceivedResult,
} from './report-wire.ts';
export { reportAnswerToBytes } from './quick-answer.ts';
export { readQuickReport } from './quick-report.ts';
export { leasedTasksFromWire, leasedTasksToWire } from './task-wire.ts';
export {
  blobRefFromWire,
  blobRefToWire,
  namedTensorFromWire,
  namedTensorToWire,
  tensorRefFromWire,
  tensorRefToWire,
} from './tensor-wire.ts';
export { stageWorkFromWire, stageWorkToWire } from './work-wire.ts';

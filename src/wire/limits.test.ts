import { getOption, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import {
  field as rulesExtension,
  type FieldRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { expect, it } from 'vitest';
import * as limits from '../domain/limits.ts';
import { file_manyhands_agents_v1_agent_service } from './gen/manyhands/agents/v1/agent_service_pb.ts';
import { file_manyhands_agents_v1_capability } from './gen/manyhands/agents/v1/capability_pb.ts';
import { file_manyhands_agents_v1_task } from './gen/manyhands/agents/v1/task_pb.ts';
import { file_manyhands_data_v1_data_service } from './gen/manyhands/data/v1/data_service_pb.ts';
import { file_manyhands_jobs_v1_job } from './gen/manyhands/jobs/v1/job_pb.ts';
import { file_manyhands_jobs_v1_job_service } from './gen/manyhands/jobs/v1/job_service_pb.ts';
import { file_manyhands_network_v1_network_service } from './gen/manyhands/network/v1/network_service_pb.ts';
import { file_manyhands_operators_v1_operator } from './gen/manyhands/operators/v1/operator_pb.ts';
import { file_manyhands_operators_v1_operator_service } from './gen/manyhands/operators/v1/operator_service_pb.ts';
import { file_manyhands_tensors_v1_tensor } from './gen/manyhands/tensors/v1/tensor_pb.ts';

const FILES: readonly DescFile[] = [
  file_manyhands_agents_v1_agent_service,
  file_manyhands_agents_v1_capability,
  file_manyhands_agents_v1_task,
  file_manyhands_data_v1_data_service,
  file_manyhands_jobs_v1_job,
  file_manyhands_jobs_v1_job_service,
  file_manyhands_network_v1_network_service,
  file_manyhands_operators_v1_operator,
  file_manyhands_operators_v1_operator_service,
  file_manyhands_tensors_v1_tensor,
];

// Longest ids as strings; parsers of the domain hold them to their form.
const SESSION_ID_CHARS_MAX = 60;
const TASK_ID_CHARS_MAX = 48;

const ALLOWED: Readonly<Record<string, number>> = {
  'GetChallengeRequest.public_key': 32,
  'GetChallengeResponse.challenge': limits.CHALLENGE_BYTES_MAX,
  'GetChallengeResponse.work_bits': limits.WORK_BITS_MAX,
  'JoinClaim.public_key': 32,
  'JoinClaim.challenge': limits.CHALLENGE_BYTES_MAX,
  'JoinClaim.versions': limits.PROTOCOL_VERSIONS_MAX,
  'JoinClaim.conformance': limits.CONFORMANCE_REPORTS_MAX,
  'JoinClaim.work': 8,
  'JoinClaim.lie': limits.LIE_NAME_CHARS_MAX,
  'JoinClaim.canary_proof': limits.CANARY_PROOF_BYTES,
  'KernelTime.median_us': limits.KERNEL_TIME_US_MAX,
  'CrowdTest.public_key': 32,
  'CrowdTest.kernel_build': limits.KERNEL_BUILD_CHARS_MAX,
  'CrowdTest.label': limits.DEVICE_LABEL_CHARS_MAX,
  'CrowdTest.adapter': limits.ADAPTER_CHARS_MAX,
  'CrowdTest.conformance': limits.CONFORMANCE_REPORTS_MAX,
  'CrowdTest.times': limits.CONFORMANCE_REPORTS_MAX,
  'ReportCrowdTestRequest.test': limits.CROWD_TEST_BYTES_MAX,
  'ReportCrowdTestRequest.signature': 64,
  'JoinRequest.claim': limits.JOIN_CLAIM_BYTES_MAX,
  'JoinRequest.signature': 64,
  'LeaseTasksRequest.max_tasks': limits.LEASES_PER_CALL_MAX,
  'LeaseTasksRequest.wait_ms': limits.LONG_POLL_MS,
  'LeaseTasksResponse.works': limits.LEASES_PER_CALL_MAX,
  'LeaseTasksResponse.tasks': limits.LEASES_PER_CALL_MAX,
  'LeaseTasksResponse.ask_again_ms': limits.TOLD_WAIT_MS_MAX,
  'ReportResultsRequest.report': limits.REPORT_BYTES_MAX,
  'ReportResultsRequest.signature': 64,
  'ReportResultsRequest.max_tasks': limits.LEASES_PER_CALL_MAX,
  'NextTasks.works': limits.LEASES_PER_CALL_MAX,
  'NextTasks.tasks': limits.LEASES_PER_CALL_MAX,
  'HeartbeatRequest.leases': limits.LEASES_PER_AGENT_MAX,
  'HeartbeatRequest.withdrawn_lease_ids': limits.WITHDRAWN_PER_CALL_MAX,
  'WebGpuFeatures.adapter': limits.ADAPTER_CHARS_MAX,
  'WebGpuFeatures.features': limits.ADAPTER_FEATURES_MAX,
  'WebGpuFeatures.features[]': limits.ADAPTER_FEATURE_CHARS_MAX,
  'Capability.label': limits.DEVICE_LABEL_CHARS_MAX,
  'Capability.lanes': limits.LANES_MAX,
  'Capability.logical_cores': limits.LOGICAL_CORES_MAX,
  'Capability.primitives': limits.PRIMITIVES_MAX,
  'ConformanceReport.detail': limits.CONFORMANCE_DETAIL_CHARS_MAX,
  'StageOutput.name': limits.NAME_CHARS_MAX,
  'StageOutput.row_shape': limits.TENSOR_RANK_MAX - 1,
  'StageOutput.row_shape[]': limits.TENSOR_ELEMENTS_MAX,
  'InputCast.name': limits.NAME_CHARS_MAX,
  'ModelProgram.fixed_batch': limits.MODEL_BATCH_MAX,
  'ModelProgram.casts': limits.STAGE_TENSORS_MAX,
  'OperatorNode.inputs': limits.OPERATOR_INPUTS_MAX,
  'OperatorNode.inputs[]': limits.NAME_CHARS_MAX,
  'OperatorNode.output': limits.NAME_CHARS_MAX,
  'OperatorNode.axis': limits.TENSOR_RANK_MAX - 1,
  'GraphProgram.nodes': limits.GRAPH_NODES_MAX,
  'StageWork.inputs': limits.STAGE_TENSORS_MAX,
  'StageWork.outputs': limits.STAGE_TENSORS_MAX,
  'Task.task_id': TASK_ID_CHARS_MAX,
  'Task.job_name': limits.NAME_CHARS_MAX,
  'Task.work_index': limits.LEASES_PER_CALL_MAX - 1,
  'Task.lease_ms': limits.TOLD_WAIT_MS_MAX,
  'TaskFailure.message': limits.TASK_FAILURE_CHARS_MAX,
  'TaskOutputs.tensors': limits.STAGE_TENSORS_MAX,
  'TaskResult.compute_ms': limits.COMPUTE_MS_MAX,
  'Report.results': limits.RESULTS_PER_REPORT_MAX,
  'StageRequest.content_ids': limits.BLOCKS_PER_CALL_MAX,
  'StageRequest.session_id': SESSION_ID_CHARS_MAX,
  'PutBlockRequest.block': limits.MANIFEST_BYTES_MAX,
  'PutBlockRequest.session_id': SESSION_ID_CHARS_MAX,
  'InferenceSpec.inputs': limits.STAGE_TENSORS_MAX,
  'InferenceSpec.constants': limits.STAGE_TENSORS_MAX,
  'InferenceSpec.outputs': limits.STAGE_TENSORS_MAX,
  'InferenceSpec.outputs[]': limits.NAME_CHARS_MAX,
  'OperatorsSpec.inputs': limits.STAGE_TENSORS_MAX,
  'OperatorsSpec.nodes': limits.GRAPH_NODES_MAX,
  'OperatorsSpec.outputs': limits.STAGE_TENSORS_MAX,
  'OperatorsSpec.outputs[]': limits.NAME_CHARS_MAX,
  'RecomputePolicy.share': 1,
  'JobSpec.name': limits.NAME_CHARS_MAX,
  'JobSpec.rows_per_task': limits.ROWS_PER_TASK_MAX,
  'JobSpec.weight': limits.JOB_WEIGHT_MAX,
  'JobSpec.deadline_ms': limits.JOB_DEADLINE_MS_MAX,
  'SubmitJobRequest.contributor_key': 32,
  'SubmitJobRequest.contributor_signature': 64,
  'SubmitJobRequest.idempotency_key': limits.IDEMPOTENCY_KEY_CHARS_MAX,
  'ListJobsRequest.page_size': limits.PAGE_SIZE_MAX,
  'ListJobsRequest.page_token': limits.PAGE_TOKEN_CHARS_MAX,
  'GetNetworkRequest.agents_max': limits.PAGE_SIZE_MAX,
  'ListConformanceRequest.page_size': limits.PAGE_SIZE_MAX,
  'ListConformanceRequest.page_token': limits.PAGE_TOKEN_CHARS_MAX,
  'BlobRef.byte_length': limits.BLOB_BYTES_MAX,
  'BlobSlice.byte_offset': limits.BLOB_BYTES_MAX,
  'TrustDescriptor.public_key': 32,
  'TrustDescriptor.name': limits.TRUST_NAME_CHARS_MAX,
  'TrustDescriptor.operator_key': 32,
  'SignedDescriptor.descriptor': limits.TRUST_DESCRIPTOR_BYTES_MAX,
  'SignedDescriptor.signature': 64,
  'RegisterKeyRequest.public_key': 32,
  'RegisterKeyRequest.name': limits.TRUST_NAME_CHARS_MAX,
  'RevokeKeyRequest.public_key': 32,
  'ListKeysRequest.page_size': limits.PAGE_SIZE_MAX,
  'ListKeysRequest.page_token': limits.PAGE_TOKEN_CHARS_MAX,
  'ReleaseKeyRequest.public_key': 32,
  'ReleaseKeyRequest.reason': limits.RELEASE_REASON_CHARS_MAX,
  'GrantAmnestyRequest.reason': limits.RELEASE_REASON_CHARS_MAX,
  'ListQuarantinesRequest.page_size': limits.PAGE_SIZE_MAX,
  'ListQuarantinesRequest.page_token': limits.PAGE_TOKEN_CHARS_MAX,
  'TensorRef.shape': limits.TENSOR_RANK_MAX,
  'TensorRef.shape[]': limits.TENSOR_ELEMENTS_MAX,
  'TensorRef.inline': limits.INLINE_TENSOR_BYTES_MAX,
  'NamedTensor.name': limits.NAME_CHARS_MAX,
};

it('the rules in the protos allow what domain/limits.ts names, field by field', () => {
  const bounds = FILES.flatMap(({ messages }) => messages).flatMap(upperBounds);
  expect(Object.fromEntries(bounds)).toEqual(ALLOWED);
});

/** The largest value, length or count that each field's rule allows; "[]" is a list's item. */
function upperBounds(message: DescMessage): [field: string, most: number][] {
  return message.fields.flatMap((field) =>
    boundsOf(`${message.name}.${field.name}`, getOption(field, rulesExtension)),
  );
}

function boundsOf(name: string, { type }: FieldRules): [string, number][] {
  if (type.case === undefined) return [];
  const rules = type.value;
  const bounds: [string, number][] = [];
  if ('maxLen' in rules && rules.maxLen > 0n) bounds.push([name, Number(rules.maxLen)]);
  if ('len' in rules && rules.len > 0n) bounds.push([name, Number(rules.len)]);
  if ('maxItems' in rules && rules.maxItems > 0n) bounds.push([name, Number(rules.maxItems)]);
  if ('lessThan' in rules && rules.lessThan.case !== undefined) {
    const { case: kind, value } = rules.lessThan;
    bounds.push([name, Number(value) - (kind === 'lt' ? 1 : 0)]);
  }
  if ('items' in rules && rules.items !== undefined) {
    bounds.push(...boundsOf(`${name}[]`, rules.items));
  }
  return bounds;
}

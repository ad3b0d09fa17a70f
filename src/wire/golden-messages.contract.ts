import {
  create,
  type DescField,
  type DescFile,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { ScalarType } from '@bufbuild/protobuf';
import { file_manyhands_agents_v1_agent_service } from './gen/manyhands/agents/v1/agent_service_pb.ts';
import { file_manyhands_agents_v1_capability } from './gen/manyhands/agents/v1/capability_pb.ts';
import { file_manyhands_agents_v1_task } from './gen/manyhands/agents/v1/task_pb.ts';
import { file_manyhands_data_v1_data_service } from './gen/manyhands/data/v1/data_service_pb.ts';
import { file_manyhands_functions_v1_function_service } from './gen/manyhands/functions/v1/function_service_pb.ts';
import { file_manyhands_jobs_v1_job } from './gen/manyhands/jobs/v1/job_pb.ts';
import { file_manyhands_jobs_v1_job_service } from './gen/manyhands/jobs/v1/job_service_pb.ts';
import { file_manyhands_ledger_v1_ledger_service } from './gen/manyhands/ledger/v1/ledger_service_pb.ts';
import { file_manyhands_network_v1_network_service } from './gen/manyhands/network/v1/network_service_pb.ts';
import { file_manyhands_operators_v1_operator } from './gen/manyhands/operators/v1/operator_pb.ts';
import { file_manyhands_operators_v1_operator_service } from './gen/manyhands/operators/v1/operator_service_pb.ts';
import { file_manyhands_tensors_v1_tensor } from './gen/manyhands/tensors/v1/tensor_pb.ts';

const FILES: readonly DescFile[] = [
  file_manyhands_agents_v1_agent_service,
  file_manyhands_agents_v1_capability,
  file_manyhands_agents_v1_task,
  file_manyhands_data_v1_data_service,
  file_manyhands_functions_v1_function_service,
  file_manyhands_jobs_v1_job,
  file_manyhands_jobs_v1_job_service,
  file_manyhands_ledger_v1_ledger_service,
  file_manyhands_network_v1_network_service,
  file_manyhands_operators_v1_operator,
  file_manyhands_operators_v1_operator_service,
  file_manyhands_tensors_v1_tensor,
];

/** Every message of the protocol. */
export function protocolMessages(): DescMessage[] {
  return FILES.flatMap((file) => file.messages);
}

/** A message with every field set, nested ones too; in a oneof, its last member is left. */
export function fullMessage(schema: DescMessage): Message {
  const message = create(schema);
  const view = reflect(schema, message);
  for (const field of schema.fields) fill(view, field);
  return message;
}

function fill(view: ReflectMessage, field: DescField): void {
  if (field.fieldKind === 'list') {
    const element =
      field.listKind === 'message'
        ? reflect(field.message, fullMessage(field.message))
        : field.listKind === 'enum'
          ? lastEnumNumber(field.enum.values)
          : sampleScalar(field.scalar, field.number);
    view.get(field).add(element);
  } else if (field.fieldKind === 'message') {
    view.set(field, reflect(field.message, fullMessage(field.message)));
  } else if (field.fieldKind === 'enum') {
    view.set(field, lastEnumNumber(field.enum.values));
  } else if (field.fieldKind === 'scalar') {
    view.set(field, sampleScalar(field.scalar, field.number));
  }
}

function lastEnumNumber(values: readonly { readonly number: number }[]): number {
  return values.at(-1)?.number ?? 0;
}

function sampleScalar(
  type: ScalarType,
  number: number,
): string | number | bigint | boolean | Uint8Array {
  switch (type) {
    case ScalarType.STRING:
      return `text ${number}`;
    case ScalarType.BYTES:
      return Uint8Array.of(number, 0, 255);
    case ScalarType.BOOL:
      return true;
    case ScalarType.UINT64:
      return 2n ** 40n + BigInt(number);
    case ScalarType.UINT32:
      return 300 + number;
    case ScalarType.DOUBLE:
      return number + 0.5;
    default:
      // The protocol uses no other scalar; a new one must be given a sample here.
      throw new Error(`no sample for ${ScalarType[type]}`);
  }
}

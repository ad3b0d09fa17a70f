import { create } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes `buf/validate/validate.proto` into a folder, so that our protos compile without a schema
 * registry, always with the rules of the protovalidate version that is installed.
 */
export async function writeValidateProto(folder: string): Promise<void> {
  const path = join(folder, 'buf/validate/validate.proto');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, printFile());
}

/** Prints the descriptor as proto2 source: names, numbers and types; not its options. */
function printFile(): string {
  const file = create(FileDescriptorProtoSchema, file_buf_validate_validate.proto);
  return [
    `syntax = "proto2";`,
    `package ${file.package};`,
    ...file.dependency.map((name) => `import "${name}";`),
    ...file.enumType.map(printEnum),
    ...file.messageType.map(printMessage),
    ...file.extension.map(
      (field) => `extend ${field.extendee} {\n${printField(field, { inOneof: false })}\n}`,
    ),
    '',
  ].join('\n');
}

function printMessage(message: DescriptorProto): string {
  const oneofs = message.oneofDecl.map((oneof, index) => {
    const fields = message.field.filter((field) => hasOneof(field) && field.oneofIndex === index);
    return `oneof ${oneof.name} {\n${fields.map((f) => printField(f, { inOneof: true })).join('\n')}\n}`;
  });
  const ranges = message.extensionRange.map(
    ({ start, end }) => `extensions ${start} to ${end === 536870912 ? 'max' : end - 1};`,
  );
  return [
    `message ${message.name} {`,
    ...message.enumType.map(printEnum),
    ...message.nestedType.map(printMessage),
    ...message.field
      .filter((field) => !hasOneof(field))
      .map((field) => printField(field, { inOneof: false })),
    ...oneofs,
    ...ranges,
    `}`,
  ].join('\n');
}

function printEnum(decl: EnumDescriptorProto): string {
  const values = decl.value.map((value) => `${value.name} = ${value.number};`);
  const alias = decl.options?.allowAlias ? ['option allow_alias = true;'] : [];
  return [`enum ${decl.name} {`, ...alias, ...values, `}`].join('\n');
}

function printField(field: FieldDescriptorProto, { inOneof }: { inOneof: boolean }): string {
  const label = inOneof ? '' : `${Label[field.label].toLowerCase()} `;
  const named = field.type === Type.MESSAGE || field.type === Type.ENUM;
  const type = named ? field.typeName : Type[field.type].toLowerCase();
  return `${label}${type} ${field.name} = ${field.number};`;
}

/** True for members of a oneof; the index is 0 both for the first oneof and where unset. */
function hasOneof(field: FieldDescriptorProto): boolean {
  return Object.hasOwn(field, 'oneofIndex');
}

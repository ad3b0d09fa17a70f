// Writes small ONNX files: one of a node, to run an operator by ONNX Runtime; models of all shapes.

export type FileTensor = {
  readonly name: string;
  /** TensorProto.DataType: 1 float32, 6 int32, 7 int64. */
  readonly type: number;
  /** A number, or the name of a symbolic dimension. */
  readonly shape: readonly (number | string)[];
};

/** Weights that the file itself has. */
export type FileWeights = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly float32: Uint8Array;
};

export type FileNode = {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string | readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string>>;
};

/** An ONNX file (onnx.proto, IR version 8), of operator set 13 where no other is named. */
export function onnxFile(of: {
  readonly operatorSet?: number;
  readonly inputs: readonly FileTensor[];
  readonly nodes: readonly FileNode[];
  readonly outputs: readonly FileTensor[];
  readonly weights?: readonly FileWeights[];
}): Uint8Array {
  const graph = [
    ...of.nodes.flatMap((node) => nested(1, nodeBytes(node))),
    ...text(2, 'graph'),
    ...(of.weights ?? []).flatMap((weights) => nested(5, weightsBytes(weights))),
    ...of.inputs.flatMap((input) => nested(11, valueBytes(input))),
    ...of.outputs.flatMap((output) => nested(12, valueBytes(output))),
  ];
  return Uint8Array.from([
    ...varint(1, 8),
    ...nested(7, graph),
    ...nested(8, varint(2, of.operatorSet ?? 13)),
  ]);
}

function weightsBytes({ name, shape, float32 }: FileWeights): number[] {
  const dimensions = shape.flatMap((size) => varint(1, size));
  return [...dimensions, ...varint(2, 1), ...text(8, name), ...nested(9, [...float32])];
}

function nodeBytes({ operator, inputs, output, attributes = {} }: FileNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...[output].flat().flatMap((name) => text(2, name)),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      nested(5, attributeBytes(name, value)),
    ),
  ];
}

function attributeBytes(name: string, value: number | readonly number[] | string): number[] {
  // Type 2 is one integer, type 3 a text, type 7 a list of integers.
  if (typeof value === 'string') return [...text(1, name), ...text(4, value), ...varint(20, 3)];
  if (typeof value === 'number') return [...text(1, name), ...varint(3, value), ...varint(20, 2)];
  return [...text(1, name), ...value.flatMap((item) => varint(8, item)), ...varint(20, 7)];
}

function valueBytes({ name, type, shape }: FileTensor): number[] {
  const dimensions = shape.flatMap((size) =>
    nested(1, typeof size === 'number' ? varint(1, size) : text(2, size)),
  );
  const tensor = [...varint(1, type), ...nested(2, dimensions)];
  return [...text(1, name), ...nested(2, nested(1, tensor))];
}

function nested(field: number, body: readonly number[]): number[] {
  return [...tag(field, 2), ...number(body.length), ...body];
}

function text(field: number, value: string): number[] {
  return nested(field, [...new TextEncoder().encode(value)]);
}

function varint(field: number, value: number): number[] {
  return [...tag(field, 0), ...number(value)];
}

function tag(field: number, wire: number): number[] {
  return number(field * 8 + wire);
}

function number(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

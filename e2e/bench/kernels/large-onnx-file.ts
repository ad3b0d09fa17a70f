// Writes ONNX files with hundreds of megabytes of weights, for models to compare with.

export type LargeNode = {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
};

export type LargeTensor = {
  readonly name: string;
  /** TensorProto.DataType: 1 float32, 6 int32, 7 int64. */
  readonly type: number;
  readonly shape: readonly number[];
};

export type LargeWeights = LargeTensor & { readonly bytes: Uint8Array };

/** An ONNX file of operator set 20. */
export function largeOnnxFile(of: {
  readonly inputs: readonly LargeTensor[];
  readonly nodes: readonly LargeNode[];
  readonly outputs: readonly LargeTensor[];
  readonly weights: readonly LargeWeights[];
}): Uint8Array {
  const graph = [
    ...of.nodes.flatMap((node) => nested(1, nodeParts(node))),
    ...text(2, 'graph'),
    ...of.weights.flatMap((weights) => nested(5, weightsParts(weights))),
    ...of.inputs.flatMap((input) => nested(11, valueParts(input))),
    ...of.outputs.flatMap((output) => nested(12, valueParts(output))),
  ];
  const parts = [...integer(1, 8), ...nested(7, graph), ...nested(8, integer(2, 20))];
  const file = new Uint8Array(bytesOf(parts));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

type Parts = readonly Uint8Array[];

function weightsParts({ name, type, shape, bytes }: LargeWeights): Parts {
  const dimensions = shape.flatMap((size) => integer(1, size));
  return [...dimensions, ...integer(2, type), ...text(8, name), ...nested(9, [bytes])];
}

function nodeParts({ operator, inputs, outputs, attributes = {} }: LargeNode): Parts {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      nested(5, [...text(1, name), ...attributeParts(value)]),
    ),
  ];
}

/** Type 2 is one integer, type 3 text, type 7 a list of integers. */
function attributeParts(value: number | string | readonly number[]): Parts {
  if (typeof value === 'number') return [...integer(3, value), ...integer(20, 2)];
  if (typeof value === 'string') return [...text(4, value), ...integer(20, 3)];
  return [...value.flatMap((item) => integer(8, item)), ...integer(20, 7)];
}

function valueParts({ name, type, shape }: LargeTensor): Parts {
  const dimensions = shape.flatMap((size) => nested(1, integer(1, size)));
  const tensor = [...integer(1, type), ...nested(2, dimensions)];
  return [...text(1, name), ...nested(2, nested(1, tensor))];
}

function nested(field: number, body: Parts): Parts {
  return [varint(field * 8 + 2), varint(bytesOf(body)), ...body];
}

function text(field: number, value: string): Parts {
  return nested(field, [new TextEncoder().encode(value)]);
}

function integer(field: number, value: number): Parts {
  return [varint(field * 8), varint(value)];
}

function bytesOf(parts: Parts): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Of a number that is not negative. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

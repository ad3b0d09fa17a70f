import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { DType } from '../domain/tensor.ts';

/** What an ONNX file says of itself, as far as is needed before it runs. */
export type OnnxModel = {
  readonly irVersion: number;
  /** Operator sets that it imports; '' is ONNX's own. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Every operator in it, with those of nested graphs and functions, by domain and type. */
  readonly operators: readonly OnnxOperator[];
  /** Inputs that the file holds no value for. */
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
};

export type OnnxOperator = {
  readonly domain: string;
  readonly type: string;
  readonly count: number;
};

export type OnnxTensor = {
  readonly name: string;
  /** Null: a type that tensors here cannot have, such as float16 or text. */
  readonly dtype: DType | null;
  /** A dimension is a number, or null where it is symbolic; null as a whole where not stated. */
  readonly shape: readonly (number | null)[] | null;
};

/** How deep graphs may be nested in attributes (If, Loop, Scan). Count. */
const NESTING_MAX = 32;

/**
 * Reads an ONNX file's versions, operators, inputs and outputs; weights are passed over.
 *
 * The bytes are a stranger's: every length is checked, and nothing that they say makes this throw.
 * Errors: input_malformed (not ONNX, or cut off), input_invalid (weights in other files).
 * Source: onnx.proto3 of ONNX 1.16 (ModelProto and what it holds).
 */
export function parseOnnxModel(bytes: Uint8Array): Outcome<OnnxModel> {
  const found = new Findings();
  try {
    readModel(bytes, found);
  } catch (cause) {
    return malformed(cause instanceof Error ? cause.message : String(cause));
  }
  if (found.irVersion === 0 || !found.hasGraph || found.outputs.length === 0) {
    return malformed('it has no version, graph or outputs');
  }
  if (found.external) {
    const remedy = 'save the model as one file (onnx.save with save_as_external_data=False)';
    return fail(failure('input_invalid', `the ONNX model keeps weights in other files: ${remedy}`));
  }
  const inputs = found.inputs.filter(({ name }) => !found.initializers.has(name));
  const { irVersion, opsets, outputs } = found;
  return succeed({ irVersion, opsets, inputs, outputs, operators: found.operatorList() });
}

/** What was read so far; only the outermost graph has inputs and outputs that count. */
class Findings {
  irVersion = 0;
  hasGraph = false;
  external = false;
  readonly opsets: { domain: string; version: number }[] = [];
  readonly inputs: OnnxTensor[] = [];
  readonly outputs: OnnxTensor[] = [];
  readonly initializers = new Set<string>();
  readonly #counts = new Map<string, { domain: string; type: string; count: number }>();

  addOperator(domain: string, type: string): void {
    if (type === '') throw new Error('a node names no operator');
    // ONNX's own set has two names.
    const set = domain === 'ai.onnx' ? '' : domain;
    const key = `${set}\n${type}`;
    const entry = this.#counts.get(key);
    if (entry) entry.count += 1;
    else this.#counts.set(key, { domain: set, type, count: 1 });
  }

  operatorList(): OnnxOperator[] {
    const keys = [...this.#counts.keys()].toSorted();
    return keys.flatMap((key) => this.#counts.get(key) ?? []);
  }
}

/** How one field is read, and the wire type that ONNX gives it. */
type FieldReader = { readonly wire: WireType; read(reader: BinaryReader): void };

/** Reads the fields that have a reader and passes over the others. */
function readFields(bytes: Uint8Array, readers: Readonly<Record<number, FieldReader>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const known = readers[field];
    // A known field of another wire type would be misread.
    if (known === undefined) reader.skip(wire, field);
    else if (wire === known.wire) known.read(reader);
    else throw new Error(`field ${field} has wire type ${wire}`);
  }
}

function message(read: (bytes: Uint8Array) => void): FieldReader {
  return { wire: WireType.LengthDelimited, read: (reader) => read(reader.bytes()) };
}

function text(read: (value: string) => void): FieldReader {
  return { wire: WireType.LengthDelimited, read: (reader) => read(reader.string()) };
}

function integer(read: (value: number) => void): FieldReader {
  return { wire: WireType.Varint, read: (reader) => read(Number(reader.int64())) };
}

function readModel(bytes: Uint8Array, found: Findings): void {
  readFields(bytes, {
    1: integer((version) => (found.irVersion = version)),
    7: message((graph) => {
      found.hasGraph = true;
      readGraph(graph, { found, depth: 0 });
    }),
    8: message((opset) => found.opsets.push(readOpset(opset))),
    25: message((body) => readFunction(body, found)),
  });
}

function readOpset(bytes: Uint8Array): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  readFields(bytes, {
    1: text((domain) => (opset.domain = domain)),
    2: integer((version) => (opset.version = version)),
  });
  return opset;
}

type Place = { readonly found: Findings; readonly depth: number };

function readFunction(bytes: Uint8Array, found: Findings): void {
  readFields(bytes, { 7: message((node) => readNode(node, { found, depth: 0 })) });
}

function readGraph(bytes: Uint8Array, place: Place): void {
  const { found, depth } = place;
  if (depth > NESTING_MAX) throw new Error(`graphs are nested deeper than ${NESTING_MAX}`);
  const outermost = depth === 0;
  readFields(bytes, {
    1: message((node) => readNode(node, place)),
    5: message((tensor) => readInitializer(tensor, place)),
    11: message((input) => outermost && found.inputs.push(readValue(input))),
    12: message((output) => outermost && found.outputs.push(readValue(output))),
    // A sparse tensor: its name is that of its values.
    15: message((sparse) =>
      readFields(sparse, { 1: message((values) => readInitializer(values, place)) }),
    ),
  });
}

function readNode(bytes: Uint8Array, place: Place): void {
  let domain = '';
  let type = '';
  const nested: Place = { found: place.found, depth: place.depth + 1 };
  readFields(bytes, {
    4: text((value) => (type = value)),
    5: message((attribute) =>
      readFields(attribute, {
        5: message((tensor) => readTensor(tensor, place.found)),
        6: message((graph) => readGraph(graph, nested)),
        11: message((graph) => readGraph(graph, nested)),
      }),
    ),
    7: text((value) => (domain = value)),
  });
  place.found.addOperator(domain, type);
}

function readInitializer(bytes: Uint8Array, { found, depth }: Place): void {
  const name = readTensor(bytes, found);
  if (depth === 0) found.initializers.add(name);
}

/** The name of a tensor with a value. */
function readTensor(bytes: Uint8Array, found: Findings): string {
  let name = '';
  readFields(bytes, {
    8: text((value) => (name = value)),
    13: message(() => (found.external = true)),
  });
  return name;
}

function readValue(bytes: Uint8Array): OnnxTensor {
  let name = '';
  let dtype: DType | null = null;
  let shape: (number | null)[] | null = null;
  const tensorType = (body: Uint8Array): void =>
    readFields(body, {
      1: integer((value) => (dtype = ELEMENT_TYPES.get(value) ?? null)),
      2: message((dimensions) => (shape = readShape(dimensions))),
    });
  readFields(bytes, {
    1: text((value) => (name = value)),
    2: message((type) => readFields(type, { 1: message(tensorType) })),
  });
  return { name, dtype, shape };
}

function readShape(bytes: Uint8Array): (number | null)[] {
  const shape: (number | null)[] = [];
  const dimension = (body: Uint8Array): void => {
    let size: number | null = null;
    readFields(body, { 1: integer((value) => (size = naturalOrNull(value))) });
    shape.push(size);
  };
  readFields(bytes, { 1: message(dimension) });
  return shape;
}

/** Exporters write 0 or -1 where they mean any size. */
function naturalOrNull(value: number): number | null {
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** TensorProto.DataType by number. */
const ELEMENT_TYPES: ReadonlyMap<number, DType> = new Map<number, DType>([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
]);

function malformed(why: string): Outcome<never> {
  const remedy = 'give a whole .onnx file';
  return fail(failure('input_malformed', `these bytes are not an ONNX model (${why}): ${remedy}`));
}

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { randomStream } from '../domain/random.ts';
import { elementCount, type Shape, type Tensor } from '../domain/tensor.ts';
import {
  compareTensors,
  runReference,
  toleranceOf,
  type ModelRunner,
  type ModelSession,
} from '../kernels/index.ts';

// relu(A x B + C): what every model is made of, large enough to fill several workgroups.
const SHAPES = { a: [33, 65], b: [65, 40], c: [40], out: [33, 40] } as const;

/**
 * Runs a small model on its backend and compares it with the operators' references; each turn has
 * other numbers.
 *
 * Errors: "conformance_failed", and those of running a model.
 */
export type TryModels = (turn: number) => Promise<Outcome<void>>;

/**
 * Opens the small model on a backend.
 *
 * It stays open for the life of the lane: ONNX Runtime destroys its GPU device with the last
 * session, and takes that for a device lost.
 * Errors: those of the runner.
 */
export async function openModelVectors(runner: ModelRunner): Promise<Outcome<TryModels>> {
  const session = await runner.load(smallModel());
  if (!session.ok) return session;
  return succeed((turn) => tryModel(runner, session.value, turn));
}

async function tryModel(
  runner: ModelRunner,
  session: ModelSession,
  turn: number,
): Promise<Outcome<void>> {
  const random = randomStream(turn, 'model-conformance');
  const inputs = new Map([
    ['a', randomTensor(SHAPES.a, random.nextUnit)],
    ['b', randomTensor(SHAPES.b, random.nextUnit)],
    ['c', randomTensor(SHAPES.c, random.nextUnit)],
  ]);
  const ran = await session.run(inputs);
  if (!ran.ok) return ran;
  const actual = ran.value.get('out');
  const { expected, tolerance } = expectedOf(inputs);
  if (actual === undefined || actual.shape.join() !== expected.shape.join()) {
    return wrong(runner, 'the output is missing or has another shape');
  }
  const compared = compareTensors({ expected, actual, tolerance });
  if (compared.kind === 'equal') return succeed(undefined);
  const { index } = compared;
  return wrong(runner, `element ${index} is ${compared.actual}, not ${compared.expected}`);
}

function wrong(runner: ModelRunner, what: string): Outcome<never> {
  const text = `a small model comes out wrong on ${runner.backend}: ${what}. Run models elsewhere.`;
  return fail(failure('conformance_failed', text));
}

function expectedOf(inputs: ReadonlyMap<string, Tensor>): {
  expected: Tensor;
  tolerance: ReturnType<typeof toleranceOf>;
} {
  const [a, b, c] = [inputs.get('a'), inputs.get('b'), inputs.get('c')];
  assert(a !== undefined && b !== undefined && c !== undefined, 'all inputs are made above');
  const product = { operator: 'matmul', inputs: [a, b] } as const;
  const sum = runReference({ operator: 'add', inputs: [valueOf(runReference(product)), c] });
  const expected = valueOf(runReference({ operator: 'relu', inputs: [valueOf(sum)] }));
  return { expected, tolerance: toleranceOf(product) };
}

function valueOf(outcome: Outcome<Tensor>): Tensor {
  assert(outcome.ok, 'these shapes agree');
  return outcome.value;
}

function randomTensor(shape: Shape, next: () => number): Tensor {
  const values = Float32Array.from({ length: elementCount(shape) }, () => next() - 0.5);
  return { dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}

// Source: field numbers of onnx.proto3, ONNX 1.16.
const MODEL = { irVersion: 1, graph: 7, opset: 8 } as const;
const OPSET = { version: 2 } as const;
const GRAPH = { node: 1, name: 2, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, operator: 4 } as const;
const FLOAT = 1;

/** The model as an ONNX file. */
function smallModel(): Uint8Array {
  const graph = new BinaryWriter();
  node(graph, { operator: 'MatMul', inputs: ['a', 'b'], output: 'product' });
  node(graph, { operator: 'Add', inputs: ['product', 'c'], output: 'sum' });
  node(graph, { operator: 'Relu', inputs: ['sum'], output: 'out' });
  graph.tag(GRAPH.name, WireType.LengthDelimited).string('small');
  for (const name of ['a', 'b', 'c'] as const) tensor(graph, GRAPH.input, name);
  tensor(graph, GRAPH.output, 'out');
  const model = new BinaryWriter();
  model.tag(MODEL.irVersion, WireType.Varint).int64(8);
  model.tag(MODEL.graph, WireType.LengthDelimited).bytes(graph.finish());
  const opset = new BinaryWriter().tag(OPSET.version, WireType.Varint).int64(13);
  model.tag(MODEL.opset, WireType.LengthDelimited).bytes(opset.finish());
  return model.finish();
}

function node(
  graph: BinaryWriter,
  of: { operator: string; inputs: readonly string[]; output: string },
): void {
  const writer = new BinaryWriter();
  for (const name of of.inputs) writer.tag(NODE.input, WireType.LengthDelimited).string(name);
  writer.tag(NODE.output, WireType.LengthDelimited).string(of.output);
  writer.tag(NODE.operator, WireType.LengthDelimited).string(of.operator);
  graph.tag(GRAPH.node, WireType.LengthDelimited).bytes(writer.finish());
}

/** ValueInfoProto { name, type { tensor_type { elem_type, shape { dim { dim_value } } } } }. */
function tensor(graph: BinaryWriter, field: number, name: keyof typeof SHAPES): void {
  const shape = new BinaryWriter();
  for (const size of SHAPES[name]) {
    const dimension = new BinaryWriter().tag(1, WireType.Varint).int64(size);
    shape.tag(1, WireType.LengthDelimited).bytes(dimension.finish());
  }
  const tensorType = new BinaryWriter().tag(1, WireType.Varint).int32(FLOAT);
  tensorType.tag(2, WireType.LengthDelimited).bytes(shape.finish());
  const type = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(tensorType.finish());
  const info = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  info.tag(2, WireType.LengthDelimited).bytes(type.finish());
  graph.tag(field, WireType.LengthDelimited).bytes(info.finish());
}

import type { RandomStream } from '../../../src/domain/random.ts';
import type { GptConfig } from '../../../src/kernels/exact/gpt/gpt.ts';
import {
  largeOnnxFile,
  type LargeNode,
  type LargeTensor,
  type LargeWeights,
} from './large-onnx-file.ts';

const [FLOAT, INT32, INT64] = [1, 6, 7];

/**
 * A float GPT as ONNX, of the products that an exact GPT of this shape has, after `past` tokens
 * whose keys and values are inputs.
 *
 * In the peer's favour, it has no rotary positions, hands no keys and values on, and its norms,
 * gelu and softmax are the fused operators of ONNX.
 *
 * Shapes: tokens [tokens] i32 -> logits [tokens, vocabulary]; keys.N, values.N [heads, past, size].
 */
export function floatGptModel(of: {
  config: GptConfig;
  tokens: number;
  past: number;
  stream: RandomStream;
}): Uint8Array {
  const { config, tokens, past, stream } = of;
  const { width, hidden, vocabulary, heads } = config;
  const graph = new Graph(stream);
  const size = width / heads;
  graph.inputs.push({ name: 'tokens', type: INT32, shape: [tokens] });
  graph.matrix('embedding', [vocabulary, width]);
  graph.matrix('one', [width], () => 1);
  graph.matrix('scale', [1], () => 1 / Math.sqrt(size));
  graph.shape('byHead', [tokens, heads, size]);
  graph.shape('rows', [tokens, width]);
  graph.matrix('mask', [tokens, past + tokens], (index) =>
    index % (past + tokens) > past + Math.floor(index / (past + tokens)) ? -1e9 : 0,
  );
  let row = graph.node('Gather', ['embedding', 'tokens']);
  for (let layer = 0; layer < config.layers; layer++) {
    row = graph.node('Add', [row, attention(graph, { ...of, layer, row })]);
    const normal = graph.node('LayerNormalization', [row, 'one'], { axis: 1 });
    const up = graph.multiply(normal, `up.${layer}`, [width, hidden]);
    const active = graph.node('Gelu', [up], { approximate: 'tanh' });
    row = graph.node('Add', [row, graph.multiply(active, `down.${layer}`, [hidden, width])]);
  }
  const normal = graph.node('LayerNormalization', [row, 'one'], { axis: 1 });
  const logits = graph.multiply(normal, 'unembedding', [width, vocabulary]);
  const outputs = [{ name: logits, type: FLOAT, shape: [tokens, vocabulary] }];
  return largeOnnxFile({ ...graph, outputs });
}

function attention(
  graph: Graph,
  of: { config: GptConfig; past: number; layer: number; row: string },
): string {
  const { config, past, layer } = of;
  const { width, heads } = config;
  const normal = graph.node('LayerNormalization', [of.row, 'one'], { axis: 1 });
  const all = graph.multiply(normal, `queryKeyValue.${layer}`, [width, 3 * width]);
  const parts = ['query', 'key', 'value'].map((name) => `${name}.${layer}`);
  graph.nodes.push({
    operator: 'Split',
    inputs: [all],
    outputs: parts,
    attributes: { axis: 1, num_outputs: 3 },
  });
  const [query = '', ownKey = '', ownValue = ''] = parts.map((part) =>
    graph.node('Transpose', [graph.node('Reshape', [part, 'byHead'])], { perm: [1, 0, 2] }),
  );
  const whole = (own: string, name: string): string => {
    if (past === 0) return own;
    graph.inputs.push({ name, type: FLOAT, shape: [heads, past, width / heads] });
    return graph.node('Concat', [name, own], { axis: 1 });
  };
  const key = graph.node('Transpose', [whole(ownKey, `keys.${layer}`)], { perm: [0, 2, 1] });
  const scores = graph.node('Mul', [graph.node('MatMul', [query, key]), 'scale']);
  const masked = graph.node('Add', [scores, 'mask']);
  const weights = graph.node('Softmax', [masked], { axis: 2 });
  const attended = graph.node('MatMul', [weights, whole(ownValue, `values.${layer}`)]);
  const turned = graph.node('Transpose', [attended], { perm: [1, 0, 2] });
  const rows = graph.node('Reshape', [turned, 'rows']);
  return graph.multiply(rows, `projection.${layer}`, [width, width]);
}

class Graph {
  readonly inputs: LargeTensor[] = [];
  readonly nodes: LargeNode[] = [];
  readonly weights: LargeWeights[] = [];
  readonly #stream: RandomStream;

  constructor(stream: RandomStream) {
    this.#stream = stream;
  }

  /** Appends a node; returns the name of its output. */
  node(operator: string, inputs: string[], attributes: LargeNode['attributes'] = {}): string {
    const output = `${operator}.${this.nodes.length}`;
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** Multiplies by a matrix of the model's own. */
  multiply(left: string, name: string, shape: readonly [number, number]): string {
    this.matrix(name, shape);
    return this.node('MatMul', [left, name]);
  }

  matrix(name: string, shape: readonly number[], value?: (index: number) => number): void {
    const count = shape.reduce((product, size) => product * size, 1);
    const scale = 2 / Math.sqrt(shape[0] ?? 1);
    const random = (): number => (this.#stream.nextUnit() - 0.5) * scale;
    const numbers = Float32Array.from({ length: count }, (_, index) => (value ?? random)(index));
    this.weights.push({ name, type: FLOAT, shape, bytes: new Uint8Array(numbers.buffer) });
  }

  shape(name: string, sizes: readonly number[]): void {
    const bytes = new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer);
    this.weights.push({ name, type: INT64, shape: [sizes.length], bytes });
  }
}

import type { WGSL } from '../../gen/wgsl.ts';
import { EXPONENTIALS } from '../attention/exponentials.ts';
import type { ExactGpt, ExactNorm, ExactProduct } from './gpt.ts';

/** A buffer of the model's own: bytes to begin with, or a size to begin with zeros. */
export type BufferSource = Uint8Array<ArrayBuffer> | number;

/** One dispatch of every forward pass: its buffers in the order of bindings, from 2 on. */
export type Dispatch = {
  readonly shader: keyof typeof WGSL;
  /** The shader's `Sizes`. */
  readonly sizes: readonly number[];
  readonly buffers: readonly GPUBuffer[];
  /** By the rows of the call. */
  readonly workgroups: (rows: number) => readonly [number, number];
};

/** What a model's dispatches share. */
export type Parts = {
  readonly dispatches: readonly Dispatch[];
  /** [rows, width] i32: what a call begins with. */
  readonly residual: GPUBuffer;
  /** [rows, columns] i32, columns padded to 4. */
  readonly logits: GPUBuffer;
};

const THREADS = 64;
const MODES = { store: 0, add: 1, activate: 2 } as const;

/** Columns as products on WebGPU have them. */
export function paddedColumns(count: number): number {
  return Math.ceil(count / 4) * 4;
}

/** Makes a model's buffers, and lists its dispatches over up to `rows` rows at once. */
export function webGpuParts(
  gpt: ExactGpt,
  of: { rows: number; packedDot: boolean; make: (source: BufferSource) => GPUBuffer },
): Parts {
  const { width, heads, hidden, context } = gpt.config;
  // Products read whole groups of 4 rows.
  const rows = Math.ceil(of.rows / 4) * 4;
  const make = of.make;
  const residual = make(4 * rows * width);
  const normal = make(rows * width);
  const queries = make(rows * width);
  const vectors = make(12 * rows * width);
  const active = make(rows * hidden);
  const logits = make(4 * rows * paddedColumns(gpt.config.vocabulary));
  const cosines = make(bytesOf(Int32Array.from(gpt.rotary.cosines)));
  const sines = make(bytesOf(Int32Array.from(gpt.rotary.sines)));
  const exponentials = make(Uint8Array.from(EXPONENTIALS));
  const noTable = make(256);

  const norm = ({ gains, shift }: ExactNorm): Dispatch => ({
    shader: 'exactNorm',
    sizes: [width, shift],
    buffers: [residual, make(bytesOf(gains)), normal],
    workgroups: (count) => [count, 1],
  });
  const product = (
    weights: ExactProduct,
    to: { mode: keyof typeof MODES; from: GPUBuffer; into: GPUBuffer; table?: GPUBuffer },
  ): Dispatch => {
    const columns = paddedColumns(weights.bias.length);
    const own = [
      make(packed(weights)),
      make(bytesOf(weights.bias)),
      make(bytesOf(weights.multipliers)),
    ];
    const inner = weights.weights.length / weights.bias.length;
    return {
      shader: of.packedDot ? 'exactProductPacked' : 'exactProductPlain',
      sizes: [inner, columns, weights.shift, MODES[to.mode]],
      buffers: [to.from, ...own, to.table ?? noTable, to.into],
      workgroups: (count) => [Math.ceil(columns / 4 / THREADS), Math.ceil(count / 4)],
    };
  };

  const dispatches = gpt.layers.flatMap((layer): Dispatch[] => {
    const [keys, values] = [make(context * width), make(context * width)];
    const { score, attended } = layer;
    const scales = [score.multiplier, score.shift, attended.multiplier, attended.shift];
    const table = make(Uint8Array.from(layer.activation));
    return [
      norm(layer.attentionNorm),
      product(layer.queryKeyValue, { mode: 'store', from: normal, into: vectors }),
      {
        shader: 'exactRemember',
        sizes: [width, heads],
        buffers: [vectors, cosines, sines, queries, keys, values],
        workgroups: (count) => [Math.ceil(width / 8 / THREADS), count],
      },
      {
        shader: of.packedDot ? 'exactAttendPacked' : 'exactAttendPlain',
        sizes: [width, heads, ...scales],
        buffers: [queries, keys, values, exponentials, normal],
        workgroups: (count) => [count, heads],
      },
      product(layer.projection, { mode: 'add', from: normal, into: residual }),
      norm(layer.perceptronNorm),
      product(layer.up, { mode: 'activate', from: normal, into: active, table }),
      product(layer.down, { mode: 'add', from: active, into: residual }),
    ];
  });
  dispatches.push(
    norm(gpt.finalNorm),
    product(gpt.unembedding, { mode: 'store', from: normal, into: logits }),
  );
  return { dispatches, residual, logits };
}

/** Words of four depths of a column, the columns beside each other and padded with zeros to 4. */
function packed({ weights, bias }: ExactProduct): Uint8Array<ArrayBuffer> {
  const columns = bias.length;
  const pitch = paddedColumns(columns);
  const inner = weights.length / columns;
  const bytes = new Uint8Array(inner * pitch);
  for (let depth = 0; depth < inner; depth++) {
    const start = (depth - (depth % 4)) * pitch + (depth % 4);
    for (let column = 0; column < columns; column++) {
      bytes[start + 4 * column] = weights[depth * columns + column] ?? 0;
    }
  }
  return bytes;
}

/** A copy, filled with zeros to whole words of four. */
function bytesOf(values: Int32Array): Uint8Array<ArrayBuffer> {
  const padded = new Int32Array(paddedColumns(values.length));
  padded.set(values);
  return new Uint8Array(padded.buffer);
}

import { headSize, type GptConfig } from './gpt.ts';

/** A GPT in floats, as trained; matrices are [inner, columns] row-major. */
export type FloatGpt = {
  readonly config: GptConfig;
  readonly embedding: Float32Array;
  readonly layers: readonly FloatLayer[];
  readonly finalGain: Float32Array;
  readonly unembedding: Float32Array;
};

export type FloatLayer = {
  readonly attentionGain: Float32Array;
  readonly queryKeyValue: Float32Array;
  readonly projection: Float32Array;
  readonly perceptronGain: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
};

/** Where the numbers of a forward pass become small integers in an exact GPT. */
export type Site =
  | 'attentionNorm'
  | 'query'
  | 'key'
  | 'value'
  | 'attended'
  | 'perceptronNorm'
  | 'up'
  | 'activation';

/** The largest magnitude seen at each site, by layer; that of the final norm is `layers`' last. */
export type Ranges = readonly Map<Site, number>[];

/** The base of rotary positions' wavelengths. Source: Su et al. 2021. */
const ROTARY_BASE = 10_000;

/** The angle by which a pair of a head is turned at a position, in radians. */
export function rotaryAngle(of: { position: number; pair: number; headSize: number }): number {
  return of.position * ROTARY_BASE ** ((-2 * of.pair) / of.headSize);
}

/** Source: Hendrycks and Gimpel 2016, in the form with tanh. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044_715 * x ** 3)));
}

/** The logits of a sequence, [tokens, vocabulary], in f64, and what ranges it went through. */
export function runFloatGpt(
  gpt: FloatGpt,
  tokens: readonly number[],
): { logits: Float64Array; ranges: Ranges } {
  const { config, layers } = gpt;
  const { width, vocabulary } = config;
  const ranges = [...layers, null].map(() => new Map<Site, number>());
  const rows = tokens.map((token) =>
    Float64Array.from(gpt.embedding.subarray(token * width, (token + 1) * width)),
  );
  for (const [index, layer] of layers.entries()) {
    const seen = recorder(ranges[index]);
    const attended = attention(rows, { config, layer, seen });
    for (const [position, row] of rows.entries()) {
      const change = product(attended[position] ?? new Float64Array(), layer.projection, width);
      add(row, change);
      const normal = seen('perceptronNorm', normalised(row, layer.perceptronGain));
      const up = seen('up', product(normal, layer.up, config.hidden));
      add(row, product(seen('activation', up.map(gelu)), layer.down, width));
    }
  }
  const seen = recorder(ranges[layers.length]);
  const logits = new Float64Array(tokens.length * vocabulary);
  for (const [position, row] of rows.entries()) {
    const normal = seen('attentionNorm', normalised(row, gpt.finalGain));
    logits.set(product(normal, gpt.unembedding, vocabulary), position * vocabulary);
  }
  return { logits, ranges };
}

type Recorder = (site: Site, values: Float64Array) => Float64Array;

function recorder(ranges: Map<Site, number> | undefined): Recorder {
  return (site, values) => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    ranges?.set(site, Math.max(largest, ranges.get(site) ?? 0));
    return values;
  };
}

function attention(
  rows: readonly Float64Array[],
  of: { config: GptConfig; layer: FloatLayer; seen: Recorder },
): Float64Array[] {
  const { config, layer, seen } = of;
  const { width, heads } = config;
  const size = headSize(config);
  const keys: Float64Array[] = [];
  const values: Float64Array[] = [];
  return rows.map((row, position) => {
    const normal = seen('attentionNorm', normalised(row, layer.attentionGain));
    const all = product(normal, layer.queryKeyValue, 3 * width);
    const query = seen('query', rotated(all.slice(0, width), { position, size }));
    keys.push(seen('key', rotated(all.slice(width, 2 * width), { position, size })));
    values.push(seen('value', all.slice(2 * width)));
    const attended = new Float64Array(width);
    for (let start = 0; start < heads * size; start += size) {
      const scores = keys.map((key) => dot(query, key, start, size) / Math.sqrt(size));
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (const [index, value] of values.entries()) {
        const share = (weights[index] ?? 0) / sum;
        for (let at = start; at < start + size; at++) {
          attended[at] = (attended[at] ?? 0) + share * (value[at] ?? 0);
        }
      }
    }
    return seen('attended', attended);
  });
}

function rotated(vector: Float64Array, of: { position: number; size: number }): Float64Array {
  const half = of.size / 2;
  return vector.map((value, index) => {
    const pair = index % half;
    const angle = rotaryAngle({ position: of.position, pair, headSize: of.size });
    const isFirst = index % of.size < half;
    const other = vector[isFirst ? index + half : index - half] ?? 0;
    return value * Math.cos(angle) + (isFirst ? -other : other) * Math.sin(angle);
  });
}

function normalised(row: Float64Array, gain: Float32Array): Float64Array {
  const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
  return row.map((value, index) => (value / Math.sqrt(mean + 1e-12)) * (gain[index] ?? 0));
}

function product(row: Float64Array, matrix: Float32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (const [depth, factor] of row.entries()) {
    for (let column = 0; column < columns; column++) {
      sums[column] = (sums[column] ?? 0) + factor * (matrix[depth * columns + column] ?? 0);
    }
  }
  return sums;
}

function dot(left: Float64Array, right: Float64Array, start: number, size: number): number {
  let sum = 0;
  for (let at = start; at < start + size; at++) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
}

function add(row: Float64Array, change: Float64Array): void {
  for (const [index, value] of change.entries()) row[index] = (row[index] ?? 0) + value;
}

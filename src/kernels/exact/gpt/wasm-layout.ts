import { EXACT_ROWS_MAX } from '../../../domain/limits.ts';
import { headSize, type ExactGpt, type ExactNorm, type ExactProduct } from './gpt.ts';

/** Room to try dot products in: see tune-dots.ts. Bytes. */
export const TUNING_BYTES = 64 * 1024;

/** Depths that are small together or not: see product.as.ts. */
export const STRETCH = 64;

/** Room for packed rows: see product.as.ts. Bytes. */
const STRIP_BYTES = 400 * 1024;

/** Columns of logits that are computed before they are copied out. */
export const LOGIT_COLUMNS = 1024;

/** Where a product's parts lie, packed; columns are padded to 8. */
export type PlacedProduct = {
  readonly of: ExactProduct;
  readonly inner: number;
  readonly columns: number;
  readonly weights: number;
  /** By panel and stretch of depths, whether weights are small: see product.as.ts. */
  readonly small: number;
  readonly bias: number;
  readonly multipliers: number;
};

export type PlacedNorm = { readonly of: ExactNorm; readonly gains: number };

export type PlacedLayer = {
  readonly attentionNorm: PlacedNorm;
  readonly queryKeyValue: PlacedProduct;
  readonly projection: PlacedProduct;
  readonly perceptronNorm: PlacedNorm;
  readonly up: PlacedProduct;
  readonly activation: number;
  readonly down: PlacedProduct;
  readonly keys: number;
  readonly keyBias: number;
  readonly values: number;
};

/** Addresses of all that a model computes with. */
export type WasmLayout = {
  readonly layers: readonly PlacedLayer[];
  readonly finalNorm: PlacedNorm;
  readonly unembedding: PlacedProduct;
  readonly cosines: number;
  readonly sines: number;
  readonly exponentials: number;
  /** [rows, width] i32. */
  readonly residual: number;
  /** [rows, width] u8: a norm's result, or attended values. */
  readonly normal: number;
  /** [rows, width] u8. */
  readonly queries: number;
  /** The largest of: queries, keys and values i32; a perceptron's hidden layer u8; logits i32. */
  readonly wide: number;
  readonly scores: number;
  readonly weights: number;
  readonly sums: number;
  readonly zeros: number;
  /** Rows of a product, packed. */
  readonly strips: number;
  /** One matrix as it comes, before it is packed. */
  readonly staging: number;
  /** Where dot products are tried. */
  readonly tuning: number;
  readonly end: number;
};

/** The context as caches have it: whole panels of keys, and whole words of values. */
export function paddedContext(context: number): number {
  return Math.ceil(context / 16) * 16;
}

/** Places a checked model from `start` on. */
export function layoutOf(gpt: ExactGpt, start: number): WasmLayout {
  const { config, rotary, finalNorm, unembedding } = gpt;
  const { width, hidden, vocabulary } = config;
  const context = paddedContext(config.context);
  const rows = Math.min(EXACT_ROWS_MAX, config.context);
  let end = start;
  const take = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const norm = (of: ExactNorm): PlacedNorm => ({ of, gains: take(4 * width) });
  const product = (of: ExactProduct, inner: number): PlacedProduct => {
    const columns = Math.ceil(of.bias.length / 8) * 8;
    const weights = take(inner * columns);
    const small = take((columns / 8) * Math.ceil(inner / STRETCH));
    const [bias, multipliers] = [take(4 * columns), take(4 * columns)];
    return { of, inner, columns, weights, small, bias, multipliers };
  };
  const layers = gpt.layers.map((layer) => ({
    attentionNorm: norm(layer.attentionNorm),
    queryKeyValue: product(layer.queryKeyValue, width),
    projection: product(layer.projection, width),
    perceptronNorm: norm(layer.perceptronNorm),
    up: product(layer.up, width),
    activation: take(256),
    down: product(layer.down, hidden),
    keys: take(context * width),
    keyBias: take(4 * context * config.heads),
    values: take(context * width),
  }));
  const largest = Math.max(3 * width * width, width * hidden, width * vocabulary);
  const placed = {
    layers,
    finalNorm: norm(finalNorm),
    unembedding: product(unembedding, width),
    cosines: take(rotary.cosines.byteLength),
    sines: take(rotary.sines.byteLength),
    exponentials: take(256),
    residual: take(4 * rows * width),
    normal: take(rows * width),
    queries: take(rows * width),
    wide: take(rows * Math.max(12 * width, hidden, 4 * LOGIT_COLUMNS)),
    scores: take(16 * context),
    // And four sums behind them.
    weights: take(4 * context + 16),
    sums: take(16 * headSize(config)),
    zeros: take(4 * headSize(config)),
    strips: take(STRIP_BYTES),
    staging: take(largest),
    tuning: take(TUNING_BYTES),
  };
  return { ...placed, end };
}

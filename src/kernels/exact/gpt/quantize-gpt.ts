import {
  rotaryAngle,
  gelu,
  type FloatGpt,
  type FloatLayer,
  type Ranges,
  type Site,
} from './float-gpt.ts';
import { EXPONENTIALS_PER_E } from '../attention/exponentials.ts';
import {
  COSINE_BITS,
  headSize,
  ROTARY_BITS,
  ZERO_POINT,
  type ExactGpt,
  type ExactLayer,
  type ExactNorm,
  type ExactProduct,
  type GptConfig,
} from './gpt.ts';

/** What a site where nothing was seen is taken to range to. */
const RANGE_MIN = 1e-12;

/**
 * Quantizes a GPT, by the ranges that `runFloatGpt` went through over sample tokens.
 *
 * The one place where floats are used: what it returns is the model, whoever made it.
 * `logitStep` is what one step of the logits is worth.
 */
export function quantizeGpt(gpt: FloatGpt, ranges: Ranges): { exact: ExactGpt; logitStep: number } {
  const { config, layers, unembedding } = gpt;
  const seen = (layer: number, site: Site): number =>
    Math.max(ranges[layer]?.get(site) ?? 0, RANGE_MIN);
  const plans = layers.map((layer, index) =>
    layerPlan({ layer, config, seen: (site) => seen(index, site) }),
  );
  // As fine as the multipliers, which are at most a half, allow.
  const residualStep = 2 * largestOf(plans.map((plan) => plan.finestStep));
  const finalStep = seen(layers.length, 'attentionNorm') / 63;
  const final = columnsOf(unembedding, config.vocabulary);
  const logitStep = 2 * finalStep * largestOf(final.steps);
  const exact: ExactGpt = {
    config,
    embedding: embeddingOf(gpt, residualStep),
    rotary: rotaryOf(config),
    layers: plans.map((plan) => plan.finish(residualStep)),
    finalNorm: normOf(gpt.finalGain, finalStep),
    unembedding: productOf(final, { from: finalStep, to: logitStep, zero: ZERO_POINT }),
  };
  return { exact, logitStep };
}

/** A layer, and how fine the residual stream's step may be for it. */
type LayerPlan = {
  readonly finestStep: number;
  finish(residualStep: number): ExactLayer;
};

function layerPlan(of: {
  layer: FloatLayer;
  config: GptConfig;
  seen: (site: Site) => number;
}): LayerPlan {
  const { layer, config, seen } = of;
  const { width, hidden } = config;
  const queryKeyValue = columnsOf(layer.queryKeyValue, 3 * width);
  const projection = columnsOf(layer.projection, width);
  const up = columnsOf(layer.up, hidden);
  const down = columnsOf(layer.down, width);
  const attentionStep = seen('attentionNorm') / 63;
  const perceptronStep = seen('perceptronNorm') / 63;
  const fine = 2 * attentionStep * largestOf(queryKeyValue.steps) * 2 ** ROTARY_BITS;
  const queryStep = Math.max(seen('query') / 63, fine);
  const keyStep = Math.max(seen('key') / 127, fine);
  const valueStep = Math.max(seen('value') / 127, fine);
  const attendedStep = Math.max(seen('attended') / 63, valueStep / 31);
  const upStep = Math.max(seen('up') / 127, 2 * perceptronStep * largestOf(up.steps));
  const activation = activationOf({ upStep, largest: seen('activation') });
  const perHead = Math.sqrt(headSize(config));
  return {
    finestStep: Math.max(
      attendedStep * largestOf(projection.steps),
      activation.step * largestOf(down.steps),
    ),
    finish: (residualStep) => ({
      attentionNorm: normOf(layer.attentionGain, attentionStep),
      queryKeyValue: productOf(queryKeyValue, {
        from: attentionStep,
        to: (column) =>
          ([queryStep, keyStep, valueStep][Math.floor(column / width)] ?? 1) / 2 ** ROTARY_BITS,
        zero: ZERO_POINT,
      }),
      score: scaleOf((queryStep * keyStep * EXPONENTIALS_PER_E) / perHead),
      attended: attendedScale(valueStep / attendedStep),
      projection: productOf(projection, { from: attendedStep, to: residualStep, zero: ZERO_POINT }),
      perceptronNorm: normOf(layer.perceptronGain, perceptronStep),
      up: productOf(up, { from: perceptronStep, to: upStep, zero: ZERO_POINT }),
      activation: activation.table,
      down: productOf(down, { from: activation.step, to: residualStep, zero: activation.zero }),
    }),
  };
}

/** A matrix in i8, each column by its own step. */
type Columns = { readonly weights: Int8Array; readonly steps: Float64Array };

function columnsOf(matrix: Float32Array, columns: number): Columns {
  const largest = new Float64Array(columns);
  for (const [index, value] of matrix.entries()) {
    const column = index % columns;
    largest[column] = Math.max(largest[column] ?? 0, Math.abs(value));
  }
  const steps = largest.map((value) => value / 127);
  const weights = Int8Array.from(matrix, (value, index) => {
    const step = steps[index % columns] ?? 0;
    return step === 0 ? 0 : Math.round(value / step);
  });
  return { weights, steps };
}

function productOf(
  { weights, steps }: Columns,
  of: { from: number; to: number | ((column: number) => number); zero: number },
): ExactProduct {
  const columns = steps.length;
  const bias = new Int32Array(columns);
  for (const [index, weight] of weights.entries()) {
    const column = index % columns;
    bias[column] = (bias[column] ?? 0) - of.zero * weight;
  }
  const ratios = steps.map((step, column) => {
    const to = typeof of.to === 'number' ? of.to : of.to(column);
    return (of.from * step) / to;
  });
  const { multipliers, shift } = multipliersOf(ratios);
  return { weights, bias, multipliers, shift };
}

/** Ratios of 0 to a half as multiplier / 2^(15 + shift), the shift in 1..31. */
function multipliersOf(ratios: Float64Array): { multipliers: Int32Array; shift: number } {
  const largest = largestOf(ratios);
  const shift = largest === 0 ? 31 : Math.max(1, Math.min(31, Math.floor(-Math.log2(largest))));
  const multipliers = Int32Array.from(ratios, (ratio) =>
    Math.min(32_767, Math.round(ratio * 2 ** (15 + shift))),
  );
  return { multipliers, shift };
}

function scaleOf(ratio: number): { multiplier: number; shift: number } {
  const { multipliers, shift } = multipliersOf(Float64Array.of(ratio));
  return { multiplier: multipliers[0] ?? 0, shift };
}

function attendedScale(ratio: number): { multiplier: number; shift: number } {
  const shift = Math.max(10, Math.min(26, 14 - Math.floor(Math.log2(ratio))));
  return { multiplier: Math.min(32_767, Math.round(ratio * 2 ** shift)), shift };
}

/** Gains times what the exact norm leaves out: its step, and the width beside a power of two. */
function normOf(gain: Float32Array, step: number): ExactNorm {
  const spread = Math.ceil(Math.log2(gain.length));
  const width = Math.sqrt(gain.length / 2 ** spread);
  const factors = Float64Array.from(gain, (value) => (value * width) / step);
  const largest = factors.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const exponent = largest === 0 ? 30 : 28 - Math.floor(Math.log2(largest));
  const shift = Math.max(15, Math.min(30, exponent));
  const gains = Int32Array.from(factors, (value) => {
    const rounded = Math.round(value * 2 ** (shift - 14));
    return Math.max(-32_767, Math.min(32_767, rounded));
  });
  return { gains, shift };
}

/** gelu from steps of `up` to 0..127, whose zero point leaves room for gelu's few negatives. */
function activationOf(of: { upStep: number; largest: number }): {
  table: Uint8Array;
  step: number;
  zero: number;
} {
  const lowest = 0.17;
  const step = (of.largest + lowest) / 127;
  const zero = Math.round(lowest / step);
  const table = Uint8Array.from({ length: 256 }, (_, index) => {
    const value = Math.round(gelu((index - 128) * of.upStep) / step) + zero;
    return Math.max(0, Math.min(127, value));
  });
  return { table, step, zero };
}

function embeddingOf({ config, embedding }: FloatGpt, to: number): ExactGpt['embedding'] {
  const { vocabulary, width } = config;
  const weights = new Int8Array(embedding.length);
  const ratios = new Float64Array(vocabulary);
  for (let token = 0; token < vocabulary; token++) {
    const row = embedding.subarray(token * width, (token + 1) * width);
    const step = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    ratios[token] = step / to;
    if (step > 0)
      weights.set(
        row.map((value) => Math.round(value / step)),
        token * width,
      );
  }
  const largest = largestOf(ratios);
  // multiplier / 2^shift: below 2^15 whatever the ratio, and as fine as fits.
  const shift = Math.max(0, Math.min(22, 14 - Math.floor(Math.log2(largest))));
  const multipliers = Int32Array.from(ratios, (ratio) =>
    Math.min(32_767, Math.round(ratio * 2 ** shift)),
  );
  return { weights, multipliers, shift };
}

function rotaryOf(config: GptConfig): ExactGpt['rotary'] {
  const size = headSize(config);
  const pairs = size / 2;
  const angles = Array.from({ length: config.context * pairs }, (_, index) =>
    rotaryAngle({ position: Math.floor(index / pairs), pair: index % pairs, headSize: size }),
  );
  const fixed = (value: number): number => Math.round(value * 2 ** COSINE_BITS);
  return {
    cosines: Int16Array.from(angles, (angle) => fixed(Math.cos(angle))),
    sines: Int16Array.from(angles, (angle) => fixed(Math.sin(angle))),
  };
}

function largestOf(values: Iterable<number>): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

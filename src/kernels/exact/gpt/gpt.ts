/** The shape of a GPT: RMS norms before attention and perceptron, rotary positions, gelu. */
export type GptConfig = {
  /** Tokens are 0 to this, excluded. */
  readonly vocabulary: number;
  /** Most tokens of one sequence. */
  readonly context: number;
  /** Elements of the residual stream; a multiple of 16. */
  readonly width: number;
  /** They divide the width into heads of a multiple of 16 elements. */
  readonly heads: number;
  /** Elements of the perceptron's hidden layer; a multiple of 16. */
  readonly hidden: number;
  readonly layers: number;
};

/**
 * A product with its requantization: round((input x weights + bias) * multiplier / 2^(15 + shift)).
 *
 * Shapes: weights [inner, columns] i8 row-major; bias and multipliers [columns].
 * Limits: inner <= EXACT_INNER_MAX, |bias| <= 2^29, multipliers in 0..32767, shift in 1..31.
 */
export type ExactProduct = {
  readonly weights: Int8Array;
  /** With the share of the input's zero point in it. */
  readonly bias: Int32Array;
  readonly multipliers: Int32Array;
  readonly shift: number;
};

/** An RMS norm: gains [width] in -32767..32767 with one shift in 15..30. */
export type ExactNorm = { readonly gains: Int32Array; readonly shift: number };

/** One number, multiplier / 2^(15 + shift) or as its owner says. */
export type ExactScale = { readonly multiplier: number; readonly shift: number };

export type ExactLayer = {
  readonly attentionNorm: ExactNorm;
  /** To queries, keys and values beside each other, in 1/16 of their steps. */
  readonly queryKeyValue: ExactProduct;
  /** From a score's distance to the row's largest, to an index of EXPONENTIALS. */
  readonly score: ExactScale;
  /** From a value's step to that of the attended values: multiplier / 2^shift, shift in 10..26. */
  readonly attended: ExactScale;
  readonly projection: ExactProduct;
  readonly perceptronNorm: ExactNorm;
  readonly up: ExactProduct;
  /** What follows `up`: by its result in -128..127, plus 128, an element in 0..127. */
  readonly activation: Uint8Array;
  readonly down: ExactProduct;
};

/** A quantized GPT: integers alone, so that every backend computes the same from it. */
export type ExactGpt = {
  readonly config: GptConfig;
  /** round(weights[token] * multiplier[token] / 2^shift): [vocabulary, width], [vocabulary]. */
  readonly embedding: {
    readonly weights: Int8Array;
    readonly multipliers: Int32Array;
    readonly shift: number;
  };
  /** By position and pair, [context, headSize / 2], in 2^-14. */
  readonly rotary: { readonly cosines: Int16Array; readonly sines: Int16Array };
  readonly layers: readonly ExactLayer[];
  readonly finalNorm: ExactNorm;
  readonly unembedding: ExactProduct;
};

/** The zero point of norms' results, queries and attended values. */
export const ZERO_POINT = 64;
/** Bits that queries, keys and values have below their steps before they are rotated. */
export const ROTARY_BITS = 4;
/** Bits below one of cosines and sines. */
export const COSINE_BITS = 14;
/** What the residual stream saturates at. */
export const RESIDUAL_MAX = 2 ** 30 - 1;

export function headSize({ width, heads }: GptConfig): number {
  return width / heads;
}

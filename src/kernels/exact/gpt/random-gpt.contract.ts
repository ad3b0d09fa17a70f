// Models with random weights, for tests and benches of every backend.

import type { RandomStream } from '../../../domain/random.ts';
import type { FloatGpt } from './float-gpt.ts';
import {
  headSize,
  type ExactGpt,
  type ExactNorm,
  type ExactProduct,
  type GptConfig,
} from './gpt.ts';

/** Numbers that real models never hold together: everything saturates somewhere. */
export type Wildness = 'tame' | 'wild';

/** Any model that `checkedGpt` allows: tame ones spread their values, wild ones hit every bound. */
export function randomExactGpt(
  stream: RandomStream,
  { config, wildness }: { config: GptConfig; wildness: Wildness },
): ExactGpt {
  const { vocabulary, width, hidden, context } = config;
  const make = new Maker(stream, wildness);
  const angles = (context * headSize(config)) / 2;
  return {
    config,
    embedding: {
      weights: make.weights(vocabulary * width),
      multipliers: make.numbers(vocabulary, [wildness === 'wild' ? 0 : 20_000, 32_767]),
      shift: wildness === 'wild' ? stream.nextBelow(23) : 4,
    },
    rotary: {
      cosines: Int16Array.from(make.numbers(angles, [-16_384, 16_384])),
      sines: Int16Array.from(make.numbers(angles, [-16_384, 16_384])),
    },
    layers: Array.from({ length: config.layers }, () => ({
      attentionNorm: make.norm(width),
      queryKeyValue: make.product([width, 3 * width], { bits: 9 }),
      score: make.scale({ tame: { multiplier: 20_000, shift: 5 }, shifts: [1, 31] }),
      attended: make.scale({ tame: { multiplier: 20_000, shift: 14 }, shifts: [10, 26] }),
      projection: make.product([width, width], { bits: 16 }),
      perceptronNorm: make.norm(width),
      up: make.product([width, hidden], { bits: 6 }),
      activation: Uint8Array.from(make.numbers(256, [0, 127])),
      down: make.product([hidden, width], { bits: 16 }),
    })),
    finalNorm: make.norm(width),
    unembedding: make.product([width, vocabulary], { bits: 16 }),
  };
}

/** A model as it is before training: normal weights that keep every layer's variance. */
export function randomFloatGpt(stream: RandomStream, config: GptConfig): FloatGpt {
  const { vocabulary, width, hidden } = config;
  const normal = (count: number, deviation: number): Float32Array =>
    Float32Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - stream.nextUnit()));
      return deviation * radius * Math.cos(2 * Math.PI * stream.nextUnit());
    });
  const gain = (): Float32Array => normal(width, 0.2).map((value) => 1 + value);
  return {
    config,
    embedding: normal(vocabulary * width, 1),
    layers: Array.from({ length: config.layers }, () => ({
      attentionGain: gain(),
      queryKeyValue: normal(width * 3 * width, 1.4 / Math.sqrt(width)),
      projection: normal(width * width, 1 / Math.sqrt(width)),
      perceptronGain: gain(),
      up: normal(width * hidden, 1 / Math.sqrt(width)),
      down: normal(hidden * width, 1 / Math.sqrt(hidden)),
    })),
    finalGain: gain(),
    unembedding: normal(width * vocabulary, 1 / Math.sqrt(width)),
  };
}

/** Tokens of a vocabulary. */
export function randomTokens(stream: RandomStream, count: number, config: GptConfig): number[] {
  return Array.from({ length: count }, () => stream.nextBelow(config.vocabulary));
}

class Maker {
  readonly #stream: RandomStream;
  readonly #wild: boolean;

  constructor(stream: RandomStream, wildness: Wildness) {
    this.#stream = stream;
    this.#wild = wildness === 'wild';
  }

  /** Half of a wild model's numbers are the ends of their range. */
  numbers(count: number, [low, high]: readonly [number, number]): Int32Array {
    return Int32Array.from({ length: count }, () => {
      if (this.#wild && this.#stream.nextBelow(2) === 0) {
        return this.#stream.nextBelow(2) === 0 ? low : high;
      }
      return low + this.#stream.nextBelow(high - low + 1);
    });
  }

  /** Tame ones are about normal, as trained weights are, with 36 for their deviation. */
  weights(count: number): Int8Array {
    if (this.#wild) return Int8Array.from(this.numbers(count, [-128, 127]));
    return Int8Array.from({ length: count }, () => {
      const word = this.#stream.nextUint32();
      const bytes = [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24];
      return (bytes.reduce((sum, byte) => sum + byte, 0) - 510) >> 2;
    });
  }

  norm(width: number): ExactNorm {
    if (!this.#wild) return { gains: this.numbers(width, [-32_767, 32_767]), shift: 24 };
    return { gains: this.numbers(width, [-32_767, 32_767]), shift: this.#between(15, 30) };
  }

  /** `bits` is what a tame product's results have, about. */
  product([inner, columns]: readonly [number, number], { bits }: { bits: number }): ExactProduct {
    const weights = this.weights(inner * columns);
    const bias = this.numbers(columns, [-4_096, 4_096]);
    for (const [index, weight] of weights.entries()) {
      const column = index % columns;
      bias[column] = (bias[column] ?? 0) - 64 * weight;
    }
    if (this.#wild) {
      // Few enough that they do not drown what the weights do.
      for (let column = 0; column < columns; column += 1 + this.#stream.nextBelow(16)) {
        bias[column] = (this.#stream.nextBelow(2) === 0 ? -1 : 1) * 2 ** 29;
      }
    }
    const typical = Math.max(1, Math.ceil(Math.log2(Math.sqrt(inner) * 2000)) - bits);
    const shift = this.#wild ? this.#between(1, typical + 4) : typical;
    return { weights, bias, multipliers: this.numbers(columns, [0, 32_767]), shift };
  }

  scale(of: { tame: { multiplier: number; shift: number }; shifts: readonly [number, number] }): {
    multiplier: number;
    shift: number;
  } {
    if (!this.#wild) return of.tame;
    return { multiplier: this.#between(0, 32_767), shift: this.#between(...of.shifts) };
  }

  #between(low: number, high: number): number {
    return low + this.#stream.nextBelow(high - low + 1);
  }
}

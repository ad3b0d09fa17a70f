import { failure } from '../../../domain/failure.ts';
import {
  EXACT_CONTEXT_MAX,
  EXACT_HEAD_SIZE_MAX,
  EXACT_INNER_MAX,
  EXACT_LAYERS_MAX,
  EXACT_VOCABULARY_MAX,
  EXACT_WIDTH_MAX,
} from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import {
  headSize,
  type ExactGpt,
  type ExactNorm,
  type ExactProduct,
  type GptConfig,
} from './gpt.ts';

/**
 * A model whose every length and number is one that the exact arithmetic allows.
 *
 * The model is a stranger's: with what passes here, no backend's arithmetic wraps.
 * Errors: limit_exceeded, shape_mismatch (lengths that disagree), input_invalid (numbers).
 */
export function checkedGpt(gpt: ExactGpt): Outcome<ExactGpt> {
  const { config, embedding, rotary, layers, finalNorm, unembedding } = gpt;
  const shape = checkedConfig(config);
  if (!shape.ok) return shape;
  const { vocabulary, width, hidden, context } = config;
  const angles = (context * headSize(config)) / 2;
  const flat = { multipliers: embedding.multipliers, low: 0, shift: embedding.shift };
  const problem =
    wrongLength('layers', layers.length, config.layers) ??
    wrongLength('embedding', embedding.weights.length, vocabulary * width) ??
    wrongMultipliers('embedding', { ...flat, count: vocabulary, shifts: [0, 22] }) ??
    wrongAngles('cosines', rotary.cosines, angles) ??
    wrongAngles('sines', rotary.sines, angles) ??
    wrongNorm('final norm', finalNorm, width) ??
    wrongProduct('unembedding', unembedding, [width, vocabulary]);
  if (problem) return fail(problem);
  for (const [index, layer] of layers.entries()) {
    const name = (part: string): string => `${part} of layer ${index}`;
    const wrong =
      wrongNorm(name('attention norm'), layer.attentionNorm, width) ??
      wrongProduct(name('query, key, value'), layer.queryKeyValue, [width, 3 * width]) ??
      wrongScale(name('score'), layer.score, [1, 31]) ??
      wrongScale(name('attended'), layer.attended, [10, 26]) ??
      wrongProduct(name('projection'), layer.projection, [width, width]) ??
      wrongNorm(name('perceptron norm'), layer.perceptronNorm, width) ??
      wrongProduct(name('up'), layer.up, [width, hidden]) ??
      wrongLength(name('activation'), layer.activation.length, 256) ??
      outside(name('activation'), layer.activation, [0, 127]) ??
      wrongProduct(name('down'), layer.down, [hidden, width]);
    if (wrong) return fail(wrong);
  }
  return succeed(gpt);
}

/** Errors: input_invalid, limit_exceeded; the tokens are a stranger's. */
export function checkedTokens(
  tokens: readonly number[],
  { config, length }: { config: GptConfig; length: number },
): Outcome<readonly number[]> {
  if (tokens.length === 0) return invalid('there are no tokens: give at least one');
  if (length + tokens.length > config.context) {
    const limit = `${length} tokens and ${tokens.length} more are above the context`;
    const remedy = 'restart with fewer';
    return fail(failure('limit_exceeded', `${limit} of ${config.context}: ${remedy}`));
  }
  const wrong = tokens.find((token) => !isIn(token, [0, config.vocabulary - 1]));
  if (wrong === undefined) return succeed(tokens);
  return invalid(`token ${wrong} is none of the vocabulary: give 0 to ${config.vocabulary - 1}`);
}

type Range = readonly [low: number, high: number];
type Problem = ReturnType<typeof failure> | null;

function checkedConfig(config: GptConfig): Outcome<null> {
  const limits: readonly [string, number, number][] = [
    ['vocabulary', config.vocabulary, EXACT_VOCABULARY_MAX],
    ['context', config.context, EXACT_CONTEXT_MAX],
    ['width', config.width, EXACT_WIDTH_MAX],
    ['heads', config.heads, EXACT_WIDTH_MAX],
    ['hidden', config.hidden, EXACT_INNER_MAX],
    ['layers', config.layers, EXACT_LAYERS_MAX],
  ];
  for (const [name, value, most] of limits) {
    if (!Number.isInteger(value) || value < 1) return invalid(`${name} ${value}: give a count`);
    if (value > most) return above(name, { value, most });
  }
  const size = headSize(config);
  if (size % 16 !== 0 || config.hidden % 16 !== 0) {
    return invalid(`heads of ${size} and hidden ${config.hidden}: give multiples of 16`);
  }
  if (size > EXACT_HEAD_SIZE_MAX)
    return above('head size', { value: size, most: EXACT_HEAD_SIZE_MAX });
  return succeed(null);
}

function wrongProduct(name: string, product: ExactProduct, [inner, columns]: Range): Problem {
  const { weights, bias, multipliers, shift } = product;
  return (
    wrongLength(`weights: ${name}`, weights.length, inner * columns) ??
    wrongLength(`bias: ${name}`, bias.length, columns) ??
    outside(`bias: ${name}`, bias, [-(2 ** 29), 2 ** 29]) ??
    wrongMultipliers(name, { multipliers, low: 0, shift, count: columns, shifts: [1, 31] })
  );
}

function wrongNorm(name: string, { gains, shift }: ExactNorm, width: number): Problem {
  const of = { multipliers: gains, low: -32_767, shift };
  return wrongMultipliers(name, { ...of, count: width, shifts: [15, 30] });
}

function wrongMultipliers(
  name: string,
  of: { multipliers: Int32Array; low: number; shift: number; count: number; shifts: Range },
): Problem {
  return (
    wrongLength(`multipliers: ${name}`, of.multipliers.length, of.count) ??
    outside(`multipliers: ${name}`, of.multipliers, [of.low, 32_767]) ??
    outside(`shift: ${name}`, [of.shift], of.shifts)
  );
}

function wrongScale(
  name: string,
  of: { multiplier: number; shift: number },
  shifts: Range,
): Problem {
  return (
    outside(`multiplier: ${name}`, [of.multiplier], [0, 32_767]) ??
    outside(`shift: ${name}`, [of.shift], shifts)
  );
}

function wrongAngles(name: string, angles: Int16Array, count: number): Problem {
  return wrongLength(name, angles.length, count) ?? outside(name, angles, [-16_384, 16_384]);
}

function wrongLength(name: string, found: number, expected: number): Problem {
  if (found === expected) return null;
  return failure('shape_mismatch', `${name}: ${found} numbers, not ${expected}: quantize it anew`);
}

function outside(name: string, values: Iterable<number>, range: Range): Problem {
  for (const value of values) {
    if (!isIn(value, range)) {
      const [low, high] = range;
      return failure('input_invalid', `${name}: ${value} is outside ${low} to ${high}`);
    }
  }
  return null;
}

function isIn(value: number, [low, high]: Range): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

function above(name: string, { value, most }: { value: number; most: number }): Outcome<never> {
  return fail(failure('limit_exceeded', `${name} ${value} is above ${most}: use a smaller model`));
}

function invalid(why: string): Outcome<never> {
  return fail(failure('input_invalid', why));
}

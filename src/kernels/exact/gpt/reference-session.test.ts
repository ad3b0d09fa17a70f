import { describe, expect, it } from 'vitest';
import { EXACT_CONTEXT_MAX, EXACT_INNER_MAX, EXACT_LAYERS_MAX } from '../../../domain/limits.ts';
import { randomStream } from '../../../domain/random.ts';
import { checkedGpt } from './check-gpt.ts';
import { runFloatGpt } from './float-gpt.ts';
import type { GptSession } from './gpt-session.ts';
import type { ExactGpt, ExactLayer, GptConfig } from './gpt.ts';
import { quantizeGpt } from './quantize-gpt.ts';
import { randomExactGpt, randomFloatGpt, randomTokens } from './random-gpt.contract.ts';
import { openReferenceGpt } from './reference-session.ts';

const CONFIG: GptConfig = {
  vocabulary: 50,
  context: 24,
  width: 32,
  heads: 2,
  hidden: 48,
  layers: 2,
};

function opened(gpt: ExactGpt): GptSession {
  const session = openReferenceGpt(gpt);
  if (!session.ok) throw new Error(session.failure.message);
  return session.value;
}

async function logitsOf(session: GptSession, tokens: readonly number[]): Promise<Int32Array> {
  const logits = await session.forward(tokens);
  if (!logits.ok) throw new Error(logits.failure.message);
  return logits.value;
}

function tame(config = CONFIG): ExactGpt {
  return randomExactGpt(randomStream(7, 'model'), { config, wildness: 'tame' });
}

describe('an exact GPT', () => {
  it.each([
    { seed: 1, width: 16, heads: 1, hidden: 64, layers: 1 },
    { seed: 2, width: 64, heads: 2, hidden: 256, layers: 3 },
    { seed: 3, width: 96, heads: 6, hidden: 384, layers: 6 },
  ])('has the logits of the float GPT that it was made of: $width wide', async (of) => {
    const { seed, ...sizes } = of;
    const config = { vocabulary: 200, context: 64, ...sizes };
    const stream = randomStream(seed, 'quantize');
    const float = randomFloatGpt(stream, config);
    const { ranges } = runFloatGpt(float, randomTokens(stream, 64, config));
    const { exact, logitStep } = quantizeGpt(float, ranges);
    const tokens = randomTokens(stream, 64, config);
    const { logits: wanted } = runFloatGpt(float, tokens);
    const found = await logitsOf(opened(exact), tokens);
    const error = wanted.reduce((sum, x, i) => sum + (x - (found[i] ?? NaN) * logitStep) ** 2, 0);
    const whole = wanted.reduce((sum, x) => sum + x ** 2, 0);
    // Random weights are the hardest: nothing was trained to stand out of the noise.
    expect(Math.sqrt(error / whole)).toBeLessThan(0.12);
    const best = (logits: Float64Array | Int32Array, row: number): number => {
      const of200 = logits.subarray(row * 200, (row + 1) * 200);
      return of200.findIndex((value) => of200.every((other) => other <= value));
    };
    const agreed = tokens.filter((_, row) => best(found, row) === best(wanted, row));
    expect(agreed.length).toBeGreaterThanOrEqual(48);
  });

  it('gives the same logits however a sequence is cut into calls', async () => {
    const tokens = randomTokens(randomStream(3, 'tokens'), 24, CONFIG);
    const session = opened(tame());
    const whole = await logitsOf(session, tokens);
    for (const cut of [1, 7, 23]) {
      session.restart();
      const parts = [
        ...(await logitsOf(session, tokens.slice(0, cut))),
        ...(await logitsOf(session, tokens.slice(cut))),
      ];
      expect(parts).toEqual([...whole]);
    }
    expect(session.length).toBe(24);
  });

  it('never changes its logits', async () => {
    const tokens = randomTokens(randomStream(3, 'tokens'), 24, CONFIG);
    const logits = await logitsOf(opened(tame()), tokens);
    const digest = logits.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, 0);
    expect([...logits.subarray(0, 4), digest]).toEqual([-825, 828, 5, -123, 410_880_185]);
  });

  it('refuses tokens that it has no logits for, and goes on', async () => {
    const session = opened(tame());
    const invalid = { ok: false, failure: { code: 'input_invalid' } };
    for (const tokens of [[], [-1], [50], [0.5], [NaN], [1, 2, 51]]) {
      expect(await session.forward(tokens)).toMatchObject(invalid);
    }
    const above = { ok: false, failure: { code: 'limit_exceeded' } };
    expect(await session.forward(Array.from({ length: 25 }, () => 1))).toMatchObject(above);
    expect(session.length).toBe(0);
    expect(await session.forward(Array.from({ length: 24 }, () => 49))).toMatchObject({ ok: true });
    expect(await session.forward([1])).toMatchObject(above);
  });
});

/** The model with some parts of its first layer exchanged. */
function withLayer(change: (layer: ExactLayer) => Partial<ExactLayer>): ExactGpt {
  const gpt = tame();
  const [first, ...rest] = gpt.layers;
  if (!first) throw new Error('a model has a layer');
  return { ...gpt, layers: [{ ...first, ...change(first) }, ...rest] };
}

function withConfig(change: Partial<GptConfig>): ExactGpt {
  return { ...tame(), config: { ...CONFIG, ...change } };
}

describe('checkedGpt', () => {
  it('accepts a model', () => {
    expect(checkedGpt(tame())).toMatchObject({ ok: true });
    expect(checkedGpt(withLayer(() => ({})))).toMatchObject({ ok: true });
  });

  it.each<[string, string, ExactGpt]>([
    ['a width that heads do not divide', 'input_invalid', withConfig({ heads: 3 })],
    ['heads of 8', 'input_invalid', withConfig({ heads: 4 })],
    ['a hidden layer of 40', 'input_invalid', withConfig({ hidden: 40 })],
    ['no layers', 'input_invalid', withConfig({ layers: 0 })],
    ['half a layer', 'input_invalid', withConfig({ layers: 0.5 })],
    ['a context of NaN', 'input_invalid', withConfig({ context: NaN })],
    ['too many layers', 'limit_exceeded', withConfig({ layers: EXACT_LAYERS_MAX + 1 })],
    ['too long a context', 'limit_exceeded', withConfig({ context: EXACT_CONTEXT_MAX + 1 })],
    ['too long a product', 'limit_exceeded', withConfig({ hidden: EXACT_INNER_MAX + 16 })],
    ['heads of 272', 'limit_exceeded', withConfig({ width: 272, heads: 1 })],
    ['another vocabulary', 'shape_mismatch', withConfig({ vocabulary: 51 })],
    ['another context', 'shape_mismatch', withConfig({ context: 25 })],
    ['another hidden layer', 'shape_mismatch', withConfig({ hidden: 64 })],
    ['layers that are not there', 'shape_mismatch', withConfig({ layers: 3 })],
    ['a short table', 'shape_mismatch', withLayer(() => ({ activation: new Uint8Array(255) }))],
    [
      'an activation above 127',
      'input_invalid',
      withLayer(() => ({ activation: new Uint8Array(256).fill(128) })),
    ],
    [
      'a weight too few',
      'shape_mismatch',
      withLayer(({ up }) => ({ up: { ...up, weights: up.weights.subarray(1) } })),
    ],
    [
      'a bias above 2^29',
      'input_invalid',
      withLayer(({ up }) => ({ up: { ...up, bias: up.bias.map(() => 2 ** 29 + 1) } })),
    ],
    [
      'a negative multiplier',
      'input_invalid',
      withLayer(({ up }) => ({ up: { ...up, multipliers: up.multipliers.map(() => -1) } })),
    ],
    ['a shift of 0', 'input_invalid', withLayer(({ up }) => ({ up: { ...up, shift: 0 } }))],
    ['a shift of 32', 'input_invalid', withLayer(({ up }) => ({ up: { ...up, shift: 32 } }))],
    [
      'a norm shifted by 14',
      'input_invalid',
      withLayer(({ attentionNorm }) => ({ attentionNorm: { ...attentionNorm, shift: 14 } })),
    ],
    [
      'attended values shifted by 9',
      'input_invalid',
      withLayer(() => ({ attended: { multiplier: 1, shift: 9 } })),
    ],
  ])('refuses %s: %s', (_, code, gpt) => {
    expect(checkedGpt(gpt)).toMatchObject({ ok: false, failure: { code } });
    expect(openReferenceGpt(gpt)).toMatchObject({ ok: false, failure: { code } });
  });

  it('accepts what lies on the bounds', () => {
    const bounds = withLayer(({ up }) => ({
      up: { ...up, bias: up.bias.map(() => 2 ** 29), shift: 31 },
      attended: { multiplier: 32_767, shift: 10 },
    }));
    expect(checkedGpt(bounds)).toMatchObject({ ok: true });
  });
});

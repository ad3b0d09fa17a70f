import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EXACT_ROWS_MAX } from '../../../domain/limits.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import { randomStream } from '../../../domain/random.ts';
import type { GptSession } from './gpt-session.ts';
import type { ExactGpt, GptConfig } from './gpt.ts';
import { randomExactGpt, randomTokens, type Wildness } from './random-gpt.contract.ts';
import { openReferenceGpt } from './reference-session.ts';
import { openWasmGpt, openWasmGptBuild } from './wasm-session.ts';

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function logitsOf(session: GptSession, calls: readonly number[][]): Promise<number[]> {
  const logits: number[] = [];
  for (const tokens of calls) logits.push(...valueOf(await session.forward(tokens)));
  return logits;
}

/** One sequence, cut into calls of these lengths. */
function callsOf(seed: number, lengths: readonly number[], config: GptConfig): number[][] {
  const stream = randomStream(seed, 'tokens');
  return lengths.map((length) => randomTokens(stream, length, config));
}

const BUILDS = ['relaxed', 'plain'] as const;

/** Shapes and sequences of all kinds, small enough for the reference. */
const MODEL = fc.record({
  seed: fc.nat(),
  wildness: fc.constantFrom<Wildness[]>('tame', 'wild'),
  size: fc.constantFrom(16, 32, 48),
  heads: fc.integer({ min: 1, max: 3 }),
  hidden: fc.integer({ min: 1, max: 5 }),
  layers: fc.integer({ min: 1, max: 3 }),
  vocabulary: fc.integer({ min: 1, max: 40 }),
  lengths: fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 4 }),
});

function modelOf(of: typeof MODEL extends fc.Arbitrary<infer T> ? T : never): ExactGpt {
  const { size, heads, layers, vocabulary, wildness } = of;
  const context = of.lengths.reduce((sum, length) => sum + length, 0);
  const sizes = { width: size * heads, heads, hidden: 16 * of.hidden };
  const config = { vocabulary, context, layers, ...sizes };
  return randomExactGpt(randomStream(of.seed, 'model'), { config, wildness });
}

describe('both builds of an exact GPT on WASM', { timeout: 120_000 }, () => {
  it('have the logits of the reference, of any weights and shapes', async () => {
    await fc.assert(
      fc.asyncProperty(MODEL, async (of) => {
        const gpt = modelOf(of);
        const calls = callsOf(of.seed, of.lengths, gpt.config);
        const expected = await logitsOf(valueOf(openReferenceGpt(gpt)), calls);
        for (const build of BUILDS) {
          expect(await logitsOf(valueOf(openWasmGptBuild(gpt, build)), calls)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, GptConfig, number[]]>([
    [
      'more logits than are computed at once',
      { vocabulary: 2_051, context: 9, width: 16, heads: 1, hidden: 16, layers: 1 },
      [5, 1],
    ],
    [
      'more tokens than are computed at once',
      { vocabulary: 90, context: 300, width: 32, heads: 2, hidden: 32, layers: 2 },
      [EXACT_ROWS_MAX + 2, EXACT_ROWS_MAX, 1, 5],
    ],
    [
      'the largest head',
      { vocabulary: 90, context: 40, width: 256, heads: 1, hidden: 16, layers: 1 },
      [37, 1],
    ],
    [
      'a long product',
      { vocabulary: 90, context: 6, width: 16, heads: 1, hidden: 32_768, layers: 1 },
      [5, 1],
    ],
    [
      'a model of real size',
      { vocabulary: 1_000, context: 6, width: 768, heads: 12, hidden: 3_072, layers: 12 },
      [2, 1],
    ],
  ])('have the logits of the reference with %s', async (_, config, lengths) => {
    for (const wildness of ['tame', 'wild'] as const) {
      const gpt = randomExactGpt(randomStream(5, wildness), { config, wildness });
      const calls = callsOf(6, lengths, config);
      const expected = await logitsOf(valueOf(openReferenceGpt(gpt)), calls);
      // A model that gives the same everywhere proves nothing.
      expect(new Set(expected).size).toBeGreaterThan(30);
      for (const build of BUILDS) {
        expect(await logitsOf(valueOf(openWasmGptBuild(gpt, build)), calls)).toEqual(expected);
      }
    }
  });
});

describe('an exact GPT on WASM', () => {
  const config = { vocabulary: 20, context: 8, width: 32, heads: 2, hidden: 48, layers: 2 };
  const gpt = randomExactGpt(randomStream(1, 'model'), { config, wildness: 'tame' });

  it('forgets the sequence before a restart', async () => {
    const session = valueOf(openWasmGpt(gpt));
    const first = await logitsOf(session, [[1, 2, 3]]);
    await logitsOf(session, [[4, 5, 6, 7, 8]]);
    session.restart();
    expect(session.length).toBe(0);
    expect(await logitsOf(session, [[1, 2, 3]])).toEqual(first);
  });

  it('refuses what it cannot compute, and is as before', async () => {
    const session = valueOf(openWasmGpt(gpt));
    const expected = await logitsOf(session, [[1], [2]]);
    session.restart();
    const found = await logitsOf(session, [[1]]);
    for (const [tokens, code] of [
      [[20], 'input_invalid'],
      [[], 'input_invalid'],
      [[1, 1, 1, 1, 1, 1, 1, 1], 'limit_exceeded'],
    ] as const) {
      expect(await session.forward(tokens)).toMatchObject({ ok: false, failure: { code } });
    }
    expect([...found, ...(await logitsOf(session, [[2]]))]).toEqual(expected);
    session.close();
    const closed = { ok: false, failure: { code: 'execution_failed' } };
    expect(await session.forward([1])).toMatchObject(closed);
  });

  it.each(BUILDS)(
    'tells that memory is not to be had, and is as before, built %s',
    async (build) => {
      const full = (): never => {
        throw new RangeError('Array buffer allocation failed');
      };
      const outOfMemory = { ok: false, failure: { code: 'out_of_memory' } };
      const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(full);
      onTestFinished(() => grow.mockRestore());
      expect(openWasmGptBuild(gpt, build)).toMatchObject(outOfMemory);
      grow.mockRestore();
      const session = valueOf(openWasmGptBuild(gpt, build));
      const expected = await logitsOf(session, [[1, 2]]);
      session.restart();
      vi.stubGlobal(
        'Int32Array',
        vi.fn<() => never>(function () {
          return full();
        }),
      );
      onTestFinished(() => void vi.unstubAllGlobals());
      expect(await session.forward([1, 2])).toMatchObject(outOfMemory);
      vi.unstubAllGlobals();
      expect(session.length).toBe(0);
      expect(await logitsOf(session, [[1, 2]])).toEqual(expected);
    },
  );

  it.each(BUILDS)('opens no model that is wrong or too large, built %s', (build) => {
    const wrong = { ...gpt, layers: gpt.layers.slice(1) };
    const mismatch = { ok: false, failure: { code: 'shape_mismatch' } };
    expect(openWasmGptBuild(wrong, build)).toMatchObject(mismatch);
  });
});

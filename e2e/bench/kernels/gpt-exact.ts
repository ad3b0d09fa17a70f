import type { Outcome } from '../../../src/domain/outcome.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { Tensor } from '../../../src/domain/tensor.ts';
import {
  randomExactGpt,
  randomTokens,
} from '../../../src/kernels/exact/gpt/random-gpt.contract.ts';
import { openWasmGpt, openWebModelRunner } from '../../../src/kernels/index.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { floatGptModel } from './float-gpt-model.ts';

const SUITE = 'kernels';
const NAME = 'gpt-exact-over-ort-f32';
const PEER = 'onnxruntime-web 1.30 f32, one thread, tokens/s';
const PROMPT = 128;
const RUNS = 7;
const DECODED = 16;
const CONFIG = {
  vocabulary: 8_192,
  context: PROMPT + DECODED,
  width: 768,
  heads: 12,
  hidden: 3_072,
  layers: 12,
};

/** A quantized GPT beside a float one of the same products, on one core. */
export async function gptExact(): Promise<readonly Line[]> {
  const runner = await openWebModelRunner({ backend: 'wasm', wasmPaths: null });
  if (!runner.ok) return [{ suite: SUITE, name: NAME, skipped: runner.failure.message }];
  const gpt = randomExactGpt(randomStream(1, 'gpt'), { config: CONFIG, wildness: 'tame' });
  const ours = valueOf(openWasmGpt(gpt));
  const prompt = randomTokens(randomStream(2, 'prompt'), PROMPT, CONFIG);
  const measured = { prefill: [] as Run[], decode: [] as Run[] };
  for (const phase of ['prefill', 'decode'] as const) {
    const [tokens, past] = phase === 'prefill' ? [PROMPT, 0] : [1, PROMPT];
    const stream = randomStream(3, phase);
    const model = floatGptModel({ config: CONFIG, tokens, past, stream });
    const peer = valueOf(await runner.value.load(model));
    const inputs = peerInputs({ tokens: prompt.slice(0, tokens), past });
    const times = phase === 'prefill' ? 1 : DECODED;
    // The first run compiles and warms.
    for (let run = 0; run <= RUNS; run++) {
      ours.restart();
      if (phase === 'decode') valueOf(await ours.forward(prompt));
      const oursMs = await millisecondsOf(times, async () => {
        valueOf(await ours.forward(prompt.slice(0, tokens)));
      });
      const peerMs = await millisecondsOf(times, async () => {
        valueOf(await peer.run(inputs));
      });
      const rate = (ms: number): number => (1000 * tokens) / ms;
      const both = { value: peerMs / oursMs, ours: rate(oursMs), peer: rate(peerMs) };
      if (run > 0) measured[phase].push(both);
    }
    await peer.close();
  }
  const work = '12 layers of 768, vocabulary 8192, one core';
  const about = {
    suite: SUITE,
    unit: 'ratio',
    better: 'higher',
    peer: PEER,
    goal: '>= 4',
  } as const;
  return [
    figureOf({ ...about, name: NAME, work: `prompt of ${PROMPT}, ${work}` }, measured.prefill),
    figureOf(
      { ...about, name: `${NAME}-decode`, work: `a token after ${PROMPT}, ${work}` },
      measured.decode,
    ),
  ];
}

function peerInputs(of: { tokens: readonly number[]; past: number }): Map<string, Tensor> {
  const tokens = Int32Array.from(of.tokens);
  const bytes = new Uint8Array(tokens.buffer);
  const inputs = new Map<string, Tensor>([
    ['tokens', { dtype: 'int32', shape: [tokens.length], bytes }],
  ]);
  if (of.past === 0) return inputs;
  const shape = [CONFIG.heads, of.past, CONFIG.width / CONFIG.heads];
  for (let layer = 0; layer < CONFIG.layers; layer++) {
    for (const name of ['keys', 'values']) {
      const floats = new Float32Array(of.past * CONFIG.width).fill(0.1);
      const tensor = { dtype: 'float32', shape, bytes: new Uint8Array(floats.buffer) } as const;
      inputs.set(`${name}.${layer}`, tensor);
    }
  }
  return inputs;
}

/** The mean of some runs in turn. */
async function millisecondsOf(times: number, run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < times; index++) await run();
  return (performance.now() - start) / times;
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

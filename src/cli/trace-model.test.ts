import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { median, traceModelApart, type ModelToTrace } from '../kernels/index.ts';
import { spawnWorkshop } from './spawn-workshop.ts';

const MODELS = '../shared/models';
const HOW = {
  spawn: spawnWorkshop,
  silenceMs: 20_000,
  signal: new AbortController().signal,
  onStep: () => undefined,
};

function traced(model: Uint8Array, of: Partial<ModelToTrace> = {}) {
  return traceModelApart({ model, backend: 'native', dimensions: new Map(), ...of }, HOW);
}

describe.skipIf(!existsSync(MODELS)).each(['native', 'wasm'] as const)(
  'a trace on %s (skipped: no ../shared)',
  { timeout: 60_000 },
  (backend) => {
    const read = (name: string) =>
      new Uint8Array(existsSync(MODELS) ? readFileSync(`${MODELS}/${name}.onnx`) : []);

    it('tells what each node of a model takes, the longest first', async () => {
      const trace = await traced(read('mnist'), { backend });
      if (!trace.ok) throw new Error(trace.failure.message);
      const { nodes, runsMs, profiledMs, nodesMs, inputs } = trace.value;
      expect(inputs).toEqual([{ name: 'Input3', dtype: 'float32', shape: [1, 1, 28, 28] }]);
      const operators = nodes.map(({ operator }) => operator);
      expect(operators.filter((name) => name.endsWith('Conv')).length).toBe(2);
      expect(operators).toEqual(expect.arrayContaining(['MaxPool', 'Gemm', 'Reshape']));
      expect(nodes.map(({ ms }) => ms)).toEqual(
        nodes.map(({ ms }) => ms).toSorted((a, b) => b - a),
      );
      expect(nodes.find(({ operator }) => operator === 'Gemm')).toMatchObject({
        inputs: ['float [1,256]', 'float [1,10]'],
        outputs: ['float [1,10]'],
      });
      expect(runsMs.length).toBeGreaterThanOrEqual(3);
      // Of each run that was profiled, the nodes are a part.
      expect(nodesMs.length).toBe(profiledMs.length);
      for (const [index, ms] of nodesMs.entries()) {
        expect(ms).toBeGreaterThan(0);
        expect(ms).toBeLessThanOrEqual(profiledMs[index] ?? 0);
      }
      expect(median(profiledMs)).toBeGreaterThan(0);
    });

    it.each([
      ['is no model', new TextEncoder().encode('not a model'), 'input_malformed'],
      ['is cut off', read('mnist').subarray(0, 5000), 'input_malformed'],
      ['has an operator that nobody knows', renamed(read('mnist'), 'Rexu'), 'operator_unsupported'],
      ['has a loop', renamed(read('mnist'), 'Loop'), 'operator_unsupported'],
    ])('of what %s fails, and says why', async (_, model, code) => {
      expect(await traced(model, { backend })).toMatchObject({ ok: false, failure: { code } });
    });

    it('takes sizes for open dimensions alone', async () => {
      const dimensions = new Map([['batch', 3]]);
      const trace = await traced(read('mnist'), { backend, dimensions });
      const message = expect.stringContaining('those are none');
      expect(trace).toMatchObject({ failure: { code: 'config_invalid', message } });
    });
  },
);

/** The model with another operator for Relu. */
function renamed(model: Uint8Array, name: string): Uint8Array {
  const bytes = Buffer.from(model);
  for (let at = bytes.indexOf('Relu'); at >= 0; at = bytes.indexOf('Relu', at + 1)) {
    bytes.write(name, at);
  }
  return bytes;
}

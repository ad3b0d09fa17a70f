import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeBlob } from '../../src/data/index.ts';
import { USUAL_TERMS, type JobSpec } from '../../src/domain/job.ts';
import type { Tensor } from '../../src/domain/tensor.ts';
import { failureFromConnect } from '../../src/wire/index.ts';
import { onnxFile } from '../../src/kernels/onnx-file.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import { sinkFor } from '../network/uploads.ts';
import { floatsOf } from '../trust/works.ts';

// A producer's model or data that is made to do harm: refused when it is submitted, with the reason,
// or computed like any other, and nobody is blamed for what comes out.

let orchestrator: TestOrchestrator;
beforeEach(async () => {
  orchestrator = await testOrchestrator();
});
afterEach(() => orchestrator.close());

const ROWS = 8;
type File = Parameters<typeof onnxFile>[0];
const rows = (columns: number) => ['rows', columns];

/** One node from x to y, changed. */
function modelOf(changes: Partial<File> & { readonly operator?: string } = {}): Uint8Array {
  const { operator = 'Relu', ...file } = changes;
  return onnxFile({
    inputs: [{ name: 'x', type: 1, shape: rows(1) }],
    nodes: [{ operator, inputs: ['x'], output: 'y' }],
    outputs: [{ name: 'y', type: 1, shape: rows(1) }],
    ...file,
  });
}

async function specOf(model: Uint8Array, values: readonly number[]): Promise<JobSpec> {
  async function* once(): AsyncGenerator<Uint8Array> {
    yield model;
  }
  const sink = sinkFor(orchestrator.url, orchestrator.producer.apiKey);
  const blob = certain(await writeBlob(sink, once()));
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const source = { kind: 'inline', bytes } as const;
  const x = { dtype: 'float32', shape: [values.length, 1], source } as const;
  const inputs = [{ name: 'x', tensor: x }];
  const workload = { kind: 'inference', model: blob, inputs, constants: [], outputs: [] } as const;
  return { ...USUAL_TERMS, name: 'poisoned', workload, rowsPerTask: 4 };
}

const COUNTING = Array.from({ length: ROWS }, (_, row) => row - 4);

/** What an honest agent's job puts out; the agent is not blamed. */
async function outputOf(spec: JobSpec): Promise<readonly number[]> {
  const { job } = await orchestrator.producer.submit(spec);
  const ended = orchestrator.producer.watch(job);
  const honest = await HandDrivenAgent.join(orchestrator.url);
  const stop = new AbortController();
  const working = honest.work(stop.signal);
  expect(await ended).toMatchObject({ state: 'done', failure: null });
  stop.abort();
  await working;
  expect(await honest.standing()).toMatchObject({ rejected: 0, quarantine: null });
  const y: Tensor | undefined = (await readOutput(orchestrator, job)).get('y');
  return y === undefined ? [] : floatsOf(y);
}

describe('a model', () => {
  it('that is as it should be is computed: a control', async () => {
    const output = await outputOf(await specOf(modelOf(), COUNTING));
    expect(output).toEqual(COUNTING.map((value) => Math.max(0, value)));
  });

  it('that says its rows are huge is planned by how it runs', async () => {
    const model = modelOf({ outputs: [{ name: 'y', type: 1, shape: rows(2 ** 40) }] });
    const output = await outputOf(await specOf(model, COUNTING));
    expect(output).toEqual(COUNTING.map((value) => Math.max(0, value)));
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['with a loop', modelOf({ operator: 'Loop' }), 'operator_unsupported', /"Loop", which may/],
    [
      'with an operator of its own',
      modelOf({ operator: 'Backdoor' }),
      'operator_unsupported',
      /"Backdoor" is unknown/,
    ],
    ['that is no graph', modelOf({ nodes: [] }), 'input_malformed', /./],
    [
      'that feeds on itself',
      modelOf({ nodes: [{ operator: 'Relu', inputs: ['y'], output: 'y' }] }),
      'input_malformed',
      /./,
    ],
  ])('%s is refused', async (_, model, code, message) => {
    const submitted = orchestrator.producer.submit(await specOf(model, COUNTING));
    const thrown: unknown = await submitted.catch((cause: unknown) => cause);
    expect(failureFromConnect(thrown)).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect((await orchestrator.producer.jobs.listJobs({})).jobs).toEqual([]);
  });

  it.each([NaN, Infinity, 3.4e38])('whose weight is %f blames nobody', async (weight) => {
    const float32 = new Uint8Array(Float32Array.of(weight).buffer);
    const model = modelOf({
      nodes: [{ operator: 'Mul', inputs: ['x', 'w'], output: 'y' }],
      weights: [{ name: 'w', shape: [1], float32 }],
    });
    const output = await outputOf(await specOf(model, COUNTING));
    expect(output).toEqual(COUNTING.map((value) => Math.fround(value * Math.fround(weight))));
  });
});

describe('data', () => {
  it.each([NaN, Infinity, -Infinity, 1e-45])('that is %f blames nobody', async (value) => {
    const values = COUNTING.map((other, row) => (row % 2 === 0 ? value : other));
    expect(await outputOf(await specOf(modelOf({ operator: 'Exp' }), values))).toHaveLength(ROWS);
  });
});

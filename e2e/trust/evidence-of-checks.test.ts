import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import type { Tensor } from '../../src/domain/tensor.ts';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { bundleOf, replay } from './evidence-bundle.ts';
import { floatWork, productWork, type Work } from './works.ts';

// That each check of the catalogue which rejects numbers leaves evidence, whether the result was
// alone with its check or not.

let orchestrator: TestOrchestrator;
beforeAll(async () => {
  orchestrator = await testOrchestrator();
});
afterAll(() => orchestrator.close());

type Lie = (truth: readonly Tensor[]) => readonly Tensor[];
type Of = { readonly work: Work; readonly lie: Lie; readonly checking?: CheckingPolicy };

const WHOLE: CheckingPolicy = { kind: 'recompute', share: 1 };

/** Reports so many tasks at once, right but for the last; gives the bundle of that one. */
async function caughtAmong(count: number, { work, lie, checking = WHOLE }: Of) {
  const { url, producer } = orchestrator;
  const { spec: workload, rowsPerTask, name } = work;
  const { job } = await producer.submit({ ...USUAL_TERMS, name, workload, checking, rowsPerTask });
  const liar = await HandDrivenAgent.join(url);
  const results = [];
  for (const [index, task] of (await liar.lease(count)).entries()) {
    const truth = await liar.compute(task);
    const told = await liar.store(index === count - 1 ? lie(truth) : truth);
    results.push({ task, told });
  }
  const stop = new AbortController();
  const second = checking.kind === 'twice' ? await HandDrivenAgent.join(url) : null;
  const working = second?.work(stop.signal);
  certain(await liar.report(results));
  const bundle = await bundleOf(liar, url);
  stop.abort();
  await working;
  await producer.jobs.cancelJob({ jobId: job });
  return bundle;
}

/** Sets elements of the tensor of this place, by their index. */
function setting(elements: Readonly<Record<number, number>>, place = 0): Lie {
  return (truth) =>
    truth.map((tensor, at) => {
      if (at !== place) return tensor;
      const bytes = tensor.bytes.slice();
      const { buffer } = bytes;
      const numbers =
        tensor.dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer);
      for (const [index, value] of Object.entries(elements)) numbers[Number(index)] = value;
      return { ...tensor, bytes };
    });
}

const COLUMNS = 16;
const ONE = setting({ 5: 1234 });
/** In the third and in the fourth row. */
const TWO_ROWS = setting({ [2 * COLUMNS + 3]: 1000, [3 * COLUMNS + 1]: 2000 });

describe('evidence of a lie', () => {
  it.each<[string, () => Of | Promise<Of>, RegExp]>([
    [
      'that Freivalds’ exact check finds',
      () => ({ work: productWork('qmatmul', { rowsPerTask: 16 }), lie: ONE }),
      /is 1234, recomputed/,
    ],
    [
      'that Freivalds’ check of floats finds',
      () => ({ work: productWork('matmul', { rowsPerTask: 16 }), lie: ONE }),
      /is 1234, recomputed/,
    ],
    [
      'about a witness, from which the rest is right',
      () => ({
        work: productWork('matmul', { rowsPerTask: 16, relu: true }),
        lie: (truth) => setting({ 5: 1234 }, 1)(ONE(truth)),
      }),
      /"product": .* is 1234, recomputed/,
    ],
    [
      'that no relu gives',
      () => ({
        work: productWork('matmul', { rowsPerTask: 16, relu: true }),
        lie: setting({ 5: -1 }, 1),
      }),
      /"y": .* is -1, recomputed/,
    ],
    [
      'that is no number',
      () => ({ work: productWork('matmul', { rowsPerTask: 16 }), lie: setting({ 5: NaN }) }),
      /is NaN, recomputed/,
    ],
    [
      'that is infinite, in rows that are recomputed',
      async () => ({ work: await floatWork(), lie: setting({ 5: Infinity }) }),
      /is Infinity, recomputed/,
    ],
    [
      'of which some rows are drawn',
      async () => ({
        work: await floatWork(),
        lie: setting({ 5: 1234 }),
        checking: { kind: 'recompute', share: 0.9 },
      }),
      /is 1234, recomputed/,
    ],
    [
      'that is no number, of two that are compared',
      () => ({
        work: productWork('matmul', { rowsPerTask: 16 }),
        lie: setting({ 5: NaN }),
        checking: { kind: 'twice' },
      }),
      /is NaN, recomputed/,
    ],
  ])('%s replays to the same verdict', async (_, of, words) => {
    const { bytes, evidence, reason } = await caughtAmong(1, await of());
    expect(reason).toMatch(words);
    expect(evidence.isWhole).toBe(true);
    expect(await replay(bytes)).toMatchObject({
      code: 0,
      json: { same: true, signature: 'signed', wrong: { place: expect.any(String) } },
    });
  });

  it.each<[string, Work]>([
    ['matmul', productWork('matmul', { rowsPerTask: 4 })],
    ['qmatmul', productWork('qmatmul', { rowsPerTask: 4 })],
    ['matmul as a witness', productWork('matmul', { rowsPerTask: 4, relu: true })],
    ['qmatmul in larger tasks', productWork('qmatmul', { rowsPerTask: 8 })],
  ])('among results of %s that were checked together does so too', async (_, work) => {
    const { bytes, evidence, reason } = await caughtAmong(4, { work, lie: TWO_ROWS });
    expect(evidence).toMatchObject({ isWhole: true, accused: 0 });
    const { code, json } = await replay(bytes);
    expect({ code, json }).toMatchObject({ code: 0, json: { same: true, signature: 'signed' } });
    const [element = 'none'] = /element \d+ after row \d+/.exec(reason) ?? [];
    expect(JSON.stringify(json)).toContain(element);
  });
});

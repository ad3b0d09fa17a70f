import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certain } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import type { Standing } from '../../src/domain/standing.ts';
import { LIES, tellFailure, type Lie } from './lies.ts';
import { digitsAreHere, digitsWork, floatsOf, floatWork, integerWork, type Work } from './works.ts';

/** Who is there beside the liar, and how the job's results are checked. */
type Scene = {
  readonly name: string;
  readonly checking: CheckingPolicy;
  readonly honestBeside: number;
  /** Those who come when the liar is done. */
  readonly honestLater: number;
};

const SCENES: readonly Scene[] = [
  { name: 'auto, beside another', checking: { kind: 'auto' }, honestBeside: 1, honestLater: 1 },
  { name: 'auto, alone', checking: { kind: 'auto' }, honestBeside: 0, honestLater: 1 },
  { name: 'twice', checking: { kind: 'twice' }, honestBeside: 2, honestLater: 0 },
  {
    name: 'recompute, all rows',
    checking: { kind: 'recompute', share: 1 },
    honestBeside: 1,
    honestLater: 0,
  },
];

let orchestrator: TestOrchestrator;
const works = new Map<string, Work>();

beforeAll(async () => {
  orchestrator = await testOrchestrator();
  works.set('an f32 graph', await floatWork());
  works.set('a qmatmul', await integerWork());
  if (digitsAreHere) works.set('real digits', await digitsWork(orchestrator));
  else console.log('skipped: real digits, as ../shared is not there');
});
afterAll(() => orchestrator.close());

describe.each([
  { work: 'an f32 graph', shape: { floats: true, outputCount: 2 } },
  { work: 'a qmatmul', shape: { floats: false, outputCount: 1 } },
  ...(digitsAreHere
    ? [{ work: 'real digits', shape: { floats: true, outputCount: 1 } }]
    : []),
])('of $work', ({ work, shape }) => {
  const lies = LIES.filter(({ fits }) => fits(shape));

  describe.each(SCENES)('checked by $name', (scene) => {
    it.each(lies)('$name never gets into the output, and the liar into quarantine', async (lie) => {
      const ended = await play({ work: workNamed(work), scene, tell: lie.tell });
      expect(ended.wrong).toEqual([]);
      expect(ended.liar.quarantine).not.toBeNull();
      expect(ended.liar.rejected).toBeGreaterThan(0);
      expect(ended.honest.map(({ quarantine }) => quarantine)).toEqual([null, null].slice(0, ended.honest.length));
      expect(ended.honest.map(({ rejected }) => rejected)).toEqual([0, 0].slice(0, ended.honest.length));
    });

    it('an agent that only reports failures is not quarantined, and others do its work', async () => {
      const ended = await play({ work: workNamed(work), scene, tell: tellFailure });
      expect(ended.wrong).toEqual([]);
      expect(ended.liar).toMatchObject({ quarantine: null, rejected: 0, accepted: 0 });
    });
  });
});

/** A liar takes two of the tasks first; then others do the rest. */
async function play(of: {
  readonly work: Work;
  readonly scene: Scene;
  readonly tell: Lie['tell'];
}): Promise<{
  readonly wrong: readonly string[];
  readonly liar: Standing;
  readonly honest: readonly Standing[];
}> {
  const { work, scene, tell } = of;
  const { url, producer } = orchestrator;
  const joinAll = (count: number) =>
    Promise.all(Array.from({ length: count }, () => HandDrivenAgent.join(url)));
  const liar = await HandDrivenAgent.join(url);
  const honest = await joinAll(scene.honestBeside);
  const { job } = await producer.submit({
    name: scene.name,
    workload: work.spec,
    checking: scene.checking,
    rowsPerTask: work.rowsPerTask,
  });
  await lieOfTwoTasks(liar, tell);
  honest.push(...(await joinAll(scene.honestLater)));
  const stop = new AbortController();
  const working = honest.map((agent) => agent.work(stop.signal));
  const ended = await producer.watch(job);
  stop.abort();
  await Promise.all(working);
  const standings = await Promise.all([liar, ...honest].map((agent) => agent.standing()));
  await Promise.all([liar, ...honest].map((agent) => agent.leave()));
  expect(ended).toMatchObject({ state: 'done', failure: null });
  const [liars, ...others] = standings;
  if (liars === undefined) throw new Error('a liar has a standing');
  return { wrong: await differences(work, job), liar: liars, honest: others };
}

async function lieOfTwoTasks(liar: HandDrivenAgent, tell: Lie['tell']): Promise<void> {
  const [first, second] = await liar.lease(2);
  if (first === undefined || second === undefined) throw new Error('two tasks were leased');
  const truths = [await liar.compute(first), await liar.compute(second)] as const;
  const pairs = [
    { task: first, truth: truths[0], other: truths[1], isFirst: true },
    { task: second, truth: truths[1], other: truths[0], isFirst: false },
  ];
  const results = [];
  for (const { task, ...known } of pairs) {
    results.push({ task, told: await tell({ agent: liar, work: task.work, ...known }) });
  }
  certain(await liar.report(results));
}

/** Each output that is missing or not as one machine alone computes it. */
async function differences(work: Work, job: Parameters<typeof readOutput>[1]): Promise<string[]> {
  const outputs = await readOutput(orchestrator, job);
  const wrong: string[] = [];
  for (const [name, expected] of work.expected) {
    const actual = outputs.get(name);
    if (actual === undefined || actual.shape.join() !== expected.shape.join()) {
      wrong.push(`${name} is missing or has another shape`);
      continue;
    }
    const numbers = floatsOf(actual);
    for (const [index, value] of floatsOf(expected).entries()) {
      const error = Math.abs((numbers[index] ?? NaN) - value);
      if (!(error <= work.absolute)) wrong.push(`${name}[${index}] is ${numbers[index]}`);
    }
  }
  return wrong;
}

function workNamed(name: string): Work {
  const work = works.get(name);
  if (work === undefined) throw new Error(`no work is named ${name}`);
  return work;
}

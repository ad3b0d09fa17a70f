import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certain } from '../network/client.ts';
import { startAgent } from '../network/native-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import { manyhands, until } from '../network/processes.ts';
import type { LieName } from '../../src/agent/lies/lie.ts';
import { runCanaryLife } from '../../src/cli/canary-life.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import { CanaryState } from '../../src/wire/index.ts';
import { differences, layerWork } from './works.ts';

// A real orchestrator that is no sandbox, a job that counts, and canaries beside an honest agent.

let orchestrator: TestOrchestrator;
let operatorKey = '';
const stop = { now: new AbortController() };

beforeEach(async () => {
  orchestrator = await testOrchestrator();
  operatorKey = readFileSync(join(orchestrator.data, 'operator-key'), 'utf8').trim();
  stop.now = new AbortController();
});
afterEach(() => orchestrator.close());

const network = () => orchestrator.producer.network.getNetwork({});

function startCanary(kind: LieName, after: number | null = null) {
  const lie = { kind, rate: 1, after, secret: '' };
  const { url: origin } = orchestrator;
  const { signal } = stop.now;
  return runCanaryLife({ origin, operatorKey, lie, lifeMs: 60_000, signal });
}

const work = layerWork();
const { spec: workload, rowsPerTask } = work;
const SPEC = { ...USUAL_TERMS, name: 'what counts', workload, rowsPerTask };

/** Lets an honest agent do a job to its end; gives what is wrong in its output, and who did it. */
async function honestEnd(job: Awaited<ReturnType<typeof submitted>>) {
  const honest = startAgent(orchestrator.url, null);
  const { state, contributorCount } = await orchestrator.producer.watch(job);
  certain(await honest.stop());
  const wrong = differences(work, await readOutput(orchestrator, job));
  return { state, contributorCount, wrong };
}

async function submitted() {
  const { job } = await orchestrator.producer.submit(SPEC);
  return job;
}

describe('a canary', () => {
  it('is caught, and how long that took is told', async () => {
    const job = await submitted();
    const { course, told } = certain(await startCanary('one-element'));
    expect(told).toBeGreaterThan(0);
    expect(course.caught).toMatchObject({ accepted: 0 });
    const ended = { state: 'done', contributorCount: 1, wrong: [] };
    expect(await honestEnd(job)).toEqual(ended);
    const { canaries, sandbox } = await network();
    expect(sandbox).toBe(false);
    expect(canaries).toMatchObject({ caughtCount: 1n, runningCount: 0, catchesMeasured: 1 });
    expect(canaries?.lives).toMatchObject([
      { lie: 'one-element', state: CanaryState.CAUGHT, misses: 0n },
    ]);
  });

  it('gives nothing to an output, also where its results are accepted', async () => {
    const job = await submitted();
    const life = startCanary('below-tolerance');
    await until('something of it is accepted', async () => {
      return ((await network()).canaries?.lives[0]?.misses ?? 0n) > 0n;
    });
    const { jobs } = await network();
    expect(jobs).toMatchObject([{ tasksAccepted: 0n, contributorCount: 0 }]);
    stop.now.abort();
    const { course } = certain(await life);
    expect(course.results).toBeGreaterThan(0);
    expect(await honestEnd(job)).toEqual({ state: 'done', contributorCount: 1, wrong: [] });
    const { canaries } = await network();
    expect(canaries?.lives).toMatchObject([{ state: CanaryState.LEFT }]);
    expect(canaries).toMatchObject({ caughtCount: 0n, leftCount: 1n });
  });

  it('is counted with what was accepted of it before', async () => {
    await submitted();
    const { course } = certain(await startCanary('honest-then-lying', 5));
    const misses = (await network()).canaries?.misses ?? 0n;
    expect(Number(misses)).toBeGreaterThan(0);
    expect(Number(misses)).toBeLessThanOrEqual(5);
    expect(course.caught).not.toBeNull();
  });

  it('is refused without the key of the operator', async () => {
    const args = ['canary', '--orchestrator', orchestrator.url];
    const other = { MANYHANDS_OPERATOR_KEY: `mho_${'x'.repeat(43)}` };
    const { code, stderr } = await manyhands(args, other);
    expect(code).toBe(1);
    expect(stderr).toContain("not by this orchestrator's operator key");
    expect((await network()).agentCount).toBe(0);
  });

  it('runs from the command line, kind after kind', async () => {
    await submitted();
    const kinds = ['--lie', 'scaled', '--lie', 'zero-tail', '--lives', '2', '--pause', '0'];
    const args = ['canary', '--orchestrator', orchestrator.url, '--operator-key', operatorKey];
    const { code, stdout } = await manyhands([...args, ...kinds, '--life', '30', '--json']);
    expect(code).toBe(0);
    const lives = stdout
      .trim()
      .split('\n')
      .map((line): { kind: string; caught: object | null } => JSON.parse(line));
    expect(lives.map(({ kind }) => kind)).toEqual(['scaled', 'zero-tail']);
    expect(lives.filter(({ caught }) => caught === null)).toEqual([]);
  });
});

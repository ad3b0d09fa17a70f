import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certain } from '../network/client.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import { standingOf, startAgent, type RunningAgent } from '../network/native-agent.ts';
import { manyhands, until } from '../network/processes.ts';
import type { LieName } from '../../src/agent/lies/lie.ts';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import { USUAL_TERMS } from '../../src/domain/job.ts';
import { differences, layerWork } from './works.ts';

const LIARS: readonly LieName[] = ['one-element', 'low-rank', 'zero-tail', 'dtype-rounding'];
const JOBS_MAX = 20;
const CONTROL: LieName = 'below-tolerance';

describe('a sandbox', () => {
  let orchestrator: TestOrchestrator;
  beforeAll(async () => {
    orchestrator = await testOrchestrator({ changes: { sandbox: true } });
  });
  afterAll(() => orchestrator.close());

  it('says that it is one', async () => {
    const { sandbox } = await orchestrator.producer.network.getNetwork({});
    expect(sandbox).toBe(true);
  });

  const POLICIES: readonly CheckingPolicy[] = [
    { kind: 'adaptive' },
    { kind: 'auto' },
    { kind: 'recompute', share: 1 },
  ];

  it.each(POLICIES)('checked by %j lets in no lie, and blames no noise', async (checking) => {
    const { url, producer } = orchestrator;
    const work = layerWork();
    const { spec: workload, rowsPerTask } = work;
    const spec = { ...USUAL_TERMS, name: 'attacked', workload, checking, rowsPerTask };
    const [control, honest] = [startAgent(url, CONTROL), startAgent(url, null)];
    const liars = LIARS.map((kind) => startAgent(url, kind));
    const all = [control, honest, ...liars];
    // All ask for work when it comes, so that each gets some; whoever does not gets of the next.
    const isAsking = (agent: RunningAgent): boolean => agent.last()?.idle?.why === 'asking';
    await until('all ask for work', async () => all.every(isAsking));
    const isCaught = (liar: RunningAgent): boolean => standingOf(liar)?.quarantine != null;
    const wrong: string[] = [];
    // Once at least, and until each liar had something to lie of.
    for (let jobs = 0; jobs < JOBS_MAX && !liars.every(isCaught); jobs++) {
      const { job } = await producer.submit(spec);
      expect(await producer.watch(job)).toMatchObject({ state: 'done' });
      wrong.push(...differences(work, await readOutput(orchestrator, job)));
    }
    await until('all liars are caught', async () => liars.every(isCaught));
    for (const agent of all) certain(await agent.stop());
    expect(wrong).toEqual([]);
    expect(liars.filter((liar) => liar.lieCount() === 0)).toEqual([]);
    expect(control.lieCount()).toBeGreaterThan(0);
    expect(standingOf(control)).toMatchObject({ rejected: 0, quarantine: null });
    expect(standingOf(honest)).toMatchObject({ rejected: 0, quarantine: null });
  });
});

describe('an orchestrator that is no sandbox', () => {
  let orchestrator: TestOrchestrator;
  beforeAll(async () => {
    orchestrator = await testOrchestrator();
  });
  afterAll(() => orchestrator.close());

  it('does not say that it is one', async () => {
    const { sandbox } = await orchestrator.producer.network.getNetwork({});
    expect(sandbox).toBe(false);
  });

  it.each(['one-element', CONTROL])(
    'refuses an agent that tells %s, with the remedy',
    async (lie) => {
      const args = ['agent', '--orchestrator', orchestrator.url, '--threads', '1', '--lie', lie];
      const { code, stderr } = await manyhands(args);
      expect(code).toBe(1);
      expect(stderr).toContain('manyhands start --sandbox');
      expect(stderr).toContain('This agent lies on purpose');
      const { agentCount } = await orchestrator.producer.network.getNetwork({});
      expect(agentCount).toBe(0);
    },
  );
});

import type { JobView } from '../../src/domain/job.ts';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AGENT_SILENT_MS, LEASE_MS } from '../../src/domain/limits.ts';
import { configWith, lineLogger, startOrchestrator } from '../../src/orchestrator/index.ts';
import { openHoldings } from '../../src/orchestrator/holdings.ts';
import { standingOf } from '../../src/scheduler/index.ts';
import { jobFromWire } from '../../src/wire/index.ts';
import { certain, producerOf } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { readOutput } from '../network/outputs.ts';
import { folderOf, readHistory } from './recorded-history.ts';

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** This version of the program on a copy of what an older one left. */
async function takeOver(version: number) {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-history-'));
  await cp(folderOf(version), data, { recursive: true });
  const own = { host: '127.0.0.1', port: 0, home: data, data, web: data, diskReserve: 0 };
  const config = configWith({ ...own, welcomeJob: false, logLevel: 'silent' });
  const clock = { aheadMs: 0 };
  const now = (): number => Date.now() + clock.aheadMs;
  const running = certain(await startOrchestrator(config, { now }));
  // The agents of then are silent, and whoever comes now need not wait for their leases.
  clock.aheadMs = LEASE_MS + AGENT_SILENT_MS;
  cleanups.push(async () => {
    await running.close();
    await rm(data, { recursive: true, force: true });
  });
  return { url: running.url, producer: producerOf(running.url, data) };
}

/** Of version 1 leases are not taken over: a job without an accepted row waits again. */
function stateWithoutLeases({ state, stage, rowsAccepted }: JobView): string {
  const hasBegun = stage > 0 || rowsAccepted > 0;
  return state === 'running' && !hasBegun ? 'queued' : state;
}

/** The state that this version follows the log to. */
async function stateOf(version: number) {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-history-'));
  await cp(folderOf(version), data, { recursive: true });
  const logger = lineLogger({ level: 'silent', write: () => {} });
  const { store, recovered } = certain(await openHoldings(data, logger));
  await store.close();
  await rm(data, { recursive: true, force: true });
  return recovered.state;
}

describe.each([1, 2])('a data folder of version %i, taken over', (version) => {
  const history = readHistory(version);

  it('has all its jobs as they stood, with what was accepted', async () => {
    const { producer } = await takeOver(version);
    for (const { view } of history.jobs) {
      const { job } = await producer.jobs.getJob({ jobId: view.job });
      const { rowsAccepted, rowCount, stage, stageCount, submittedAtMs } = view;
      expect(certain(jobFromWire(job))).toMatchObject({
        ...{ job: view.job, name: view.name, submittedAtMs, endedAtMs: view.endedAtMs },
        state: version === 1 ? stateWithoutLeases(view) : view.state,
        ...{ stage, stageCount, rowCount, rowsAccepted, failure: view.failure },
      });
    }
  });

  it('lists them page by page, the newest first, as it tells of each', async () => {
    const { producer } = await takeOver(version);
    const listed: JobView[] = [];
    let pageToken = '';
    do {
      const page = await producer.jobs.listJobs({ pageSize: 3, pageToken });
      listed.push(...page.jobs.map((job) => certain(jobFromWire(job))));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    const told = [];
    for (const { view } of history.jobs.toReversed()) {
      const { job } = await producer.jobs.getJob({ jobId: view.job });
      told.push(certain(jobFromWire(job)));
    }
    expect(listed).toEqual(told);
    expect(listed.map(({ name }) => name)).toEqual(
      history.jobs.map(({ view }) => view.name).toReversed(),
    );
  });

  it('knows how each key stands, and whom not to trust', async () => {
    const state = await stateOf(version);
    for (const { agent, standing } of history.agents) {
      // What waited for a verdict may be computed again.
      expect(standingOf(state, agent)).toMatchObject({ ...standing, pending: expect.anything() });
    }
  });

  it('gives the output of jobs that were done, and of open ones once they are', async () => {
    const { url, producer } = await takeOver(version);
    const [first, second] = [await HandDrivenAgent.join(url), await HandDrivenAgent.join(url)];
    const end = new AbortController();
    const working = Promise.all([first.work(end.signal), second.work(end.signal)]);
    for (const { view, output } of history.jobs) {
      if (output === null) continue;
      expect(await producer.watch(view.job)).toMatchObject({ state: 'done' });
      const tensor = (await readOutput({ url, producer }, view.job)).get('y');
      expect([...new Float32Array(tensor?.bytes.slice().buffer ?? [])]).toEqual(output);
    }
    end.abort();
    await working;
  });

  it('computes nothing again that was accepted', async () => {
    const { url, producer } = await takeOver(version);
    const agents = [await HandDrivenAgent.join(url), await HandDrivenAgent.join(url)];
    const end = new AbortController();
    const working = Promise.all(agents.map((agent) => agent.work(end.signal)));
    const open = history.jobs.filter(({ view }) => view.endedAtMs === null);
    for (const { view } of open) await producer.watch(view.job);
    end.abort();
    await working;
    let computed = 0;
    for (const agent of agents) computed += (await agent.standing()).accepted;
    // Every row that is left is one task. One that `twice` wants has two results, but for those
    // that were there already, or whose second comes too late and is computed here.
    const left = open.reduce((sum, { view }) => sum + view.rowCount - view.rowsAccepted, 0);
    const second = open.find(({ view }) => view.name === 'wants a second opinion');
    expect(computed).toBeGreaterThanOrEqual(left);
    expect(computed).toBeLessThanOrEqual(left + (second?.view.rowCount ?? 0));
  });
});

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckingPolicy } from '../../src/domain/checking.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { USUAL_TERMS, type JobSpec, type JobView } from '../../src/domain/job.ts';
import type { OperatorNode } from '../../src/domain/operator.ts';
import type { LeasedTask } from '../../src/domain/work.ts';
import { openHoldings } from '../../src/orchestrator/holdings.ts';
import { lineLogger } from '../../src/orchestrator/index.ts';
import { takeSnapshot } from '../../src/scheduler/index.ts';
import { jobFromWire } from '../../src/wire/index.ts';
import { certain, producerOf, type Producer } from '../network/client.ts';
import { HandDrivenAgent } from '../network/hand-driven-agent.ts';
import { freePort, startNetwork, until } from '../network/processes.ts';
import { folderOf, type RecordedHistory } from './recorded-history.ts';

/**
 * Records a data folder as this version of the program writes it, once for each version of the
 * store's format: `node e2e/histories/record-history.ts VERSION`. What is recorded stays: every
 * later version takes it over (recorded-history.test.ts).
 *
 * It holds jobs done, failed and canceled, and jobs open in every way: untouched, half accepted, in
 * a second stage, with a result that waits for a second opinion; agents that came and went, one in
 * quarantine; leases out; a `kill -9` in the middle, a snapshot there, and an orderly end.
 */
async function recordHistory(version: number): Promise<RecordedHistory> {
  const data = folderOf(version);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = { port, data, args: ['--no-welcome-job', '--disk-reserve', '0'] };
  let network = await startNetwork(options);
  const producer = producerOf(url, data);
  const jobs = new Jobs(producer);

  // First of all: after so many tries its task waits for minutes, and agents would fall silent.
  const failed = await jobs.submit('failed', { ...squares(1), output: null });
  for (let tries = 0; tries < 12; tries++) await failTask(url, failed);
  await jobs.reach(failed, ({ state }) => state === 'failed');

  const done = await jobs.submit('done', squares(6));
  const [honest, other] = [await HandDrivenAgent.join(url), await HandDrivenAgent.join(url)];
  await doTasks([honest, other], { job: done, count: 6 });
  await jobs.reach(done, ({ state }) => state === 'done');

  const canceled = await jobs.submit('canceled', { ...squares(5), output: null });
  await doTasks([honest], { job: canceled, count: 1 });
  await jobs.reach(canceled, ({ tasksAccepted }) => tasksAccepted === 1);
  await producer.jobs.cancelJob({ jobId: canceled });

  const stages = await jobs.submit('in its second stage', columnSums(4, 3));
  await doTasks([honest], { job: stages, count: 4 });
  await jobs.reach(stages, ({ stage }) => stage === 1);
  await doTasks([other], { job: stages, count: 1 });
  await jobs.reach(stages, ({ tasksAccepted }) => tasksAccepted === 1);

  const half = await jobs.submit('half done', squares(24));
  await doTasks([honest, other], { job: half, count: 9 });
  await jobs.reach(half, ({ tasksAccepted }) => tasksAccepted === 9);
  const liar = await HandDrivenAgent.join(url);
  await lie(liar, half);
  await until('its quarantine', async () => (await liar.standing()).quarantine !== null);
  const outOverTheFall = await leaseOf(honest, half);

  await network.killHard();
  await shortenLog(data);
  network = await startNetwork(options);

  await honest.do(outOverTheFall);
  await doTasks([other], { job: half, count: 1 });
  await jobs.reach(half, ({ tasksAccepted }) => tasksAccepted === 11);
  await failTask(url, half);
  const second = await jobs.submit('wants a second opinion', squares(4, { kind: 'twice' }));
  await doTasks([honest], { job: second, count: 1 });
  await jobs.submit('queued', squares(8));
  await leaseOf(other, half);
  const agents = [];
  for (const agent of [honest, other, liar]) {
    agents.push({ agent: agent.key.agent, standing: await agent.standing() });
  }
  const recorded = await jobs.recorded();
  await other.leave();
  await network.interrupt();
  // Secrets of a program that is gone.
  for (const name of ['api-key', 'running']) rmSync(join(data, name), { recursive: true });
  return { version, agents, jobs: recorded };
}

/** What a process does by itself with a longer log. */
async function shortenLog(data: string): Promise<void> {
  const logger = lineLogger({ level: 'warn', write: (line) => void process.stderr.write(line) });
  const { store, recovered } = certain(await openHoldings(data, logger));
  const bytes = takeSnapshot(recovered.state);
  certain(await store.saveSnapshot({ ...recovered.position, bytes }));
  await store.close();
}

type Job = Pick<JobSpec, 'workload' | 'checking'> & { readonly output: readonly number[] | null };

class Jobs {
  readonly #producer: Producer;
  readonly #outputs = new Map<JobId, readonly number[] | null>();

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  async submit(name: string, { workload, checking, output }: Job): Promise<JobId> {
    const view = await this.#producer.submit({
      ...USUAL_TERMS,
      name,
      workload,
      checking,
      rowsPerTask: 1,
    });
    this.#outputs.set(view.job, output);
    return view.job;
  }

  async reach(job: JobId, reached: (view: JobView) => boolean): Promise<void> {
    await until(`what job ${job} is to reach`, async () => reached(await this.#view(job)));
  }

  async recorded() {
    const jobs = [];
    for (const [job, output] of this.#outputs) jobs.push({ view: await this.#view(job), output });
    return jobs;
  }

  async #view(jobId: JobId): Promise<JobView> {
    return certain(jobFromWire((await this.#producer.jobs.getJob({ jobId })).job));
  }
}

/** As many tasks as rows: each number squared. */
function squares(count: number, checking: CheckingPolicy = { kind: 'recompute', share: 1 }): Job {
  const values = Array.from({ length: count }, (_, index) => index + 1);
  const nodes: OperatorNode[] = [{ operator: 'mul', inputs: ['x', 'x'], output: 'y' }];
  return {
    workload: operators({ shape: [count, 1], values, nodes }),
    checking,
    output: values.map((value) => value ** 2),
  };
}

/** Two stages: rows are doubled, then columns are summed, as rows of the transposed. */
function columnSums(rowCount: number, columnCount: number): Job {
  const values = Array.from({ length: rowCount * columnCount }, (_, index) => index);
  const nodes: OperatorNode[] = [
    { operator: 'add', inputs: ['x', 'x'], output: 'doubled' },
    { operator: 'transpose', inputs: ['doubled'], output: 'columns' },
    { operator: 'reduce-sum', inputs: ['columns'], output: 'y', axis: 1 },
  ];
  const sumOf = (column: number): number =>
    values.reduce((sum, value, at) => sum + (at % columnCount === column ? 2 * value : 0), 0);
  return {
    workload: operators({ shape: [rowCount, columnCount], values, nodes }),
    checking: { kind: 'recompute', share: 1 },
    output: Array.from({ length: columnCount }, (_, column) => sumOf(column)),
  };
}

function operators(of: {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly nodes: readonly OperatorNode[];
}): JobSpec['workload'] {
  const bytes = new Uint8Array(Float32Array.from(of.values).buffer);
  const tensor = { dtype: 'float32', shape: of.shape, source: { kind: 'inline', bytes } } as const;
  const inputs = [{ name: 'x', tensor }];
  return { kind: 'operators', inputs, nodes: of.nodes, outputs: ['y'] };
}

/** Has agents take turns at tasks of one job. */
async function doTasks(
  agents: readonly HandDrivenAgent[],
  of: { readonly job: JobId; readonly count: number },
): Promise<void> {
  for (let index = 0; index < of.count; index++) {
    const agent = agents[index % agents.length];
    if (agent !== undefined) await agent.do(await leaseOf(agent, of.job));
  }
}

/** A task of this job, once there is one; what is leased of others stays out. */
async function leaseOf(agent: HandDrivenAgent, job: JobId): Promise<LeasedTask> {
  for (;;) {
    const answer = await agent.ask(1, 5_000);
    const task = answer.kind === 'granted' ? answer.tasks[0] : undefined;
    if (task?.job === job) return task;
  }
}

async function failTask(url: string, job: JobId): Promise<void> {
  const agent = await HandDrivenAgent.join(url);
  const task = await leaseOf(agent, job);
  const failure = { code: 'execution_failed', message: 'recorded to fail' } as const;
  certain(await agent.report([{ task, told: { kind: 'failed', failure } }]));
  await agent.leave();
}

async function lie(agent: HandDrivenAgent, job: JobId): Promise<void> {
  const task = await leaseOf(agent, job);
  const [truth] = await agent.compute(task);
  if (truth === undefined) throw new Error('a task has an output');
  const told = await agent.store([{ ...truth, bytes: truth.bytes.map((byte) => byte ^ 1) }]);
  certain(await agent.report([{ task, told }]));
}

const version = Number(process.argv[2]);
const history = await recordHistory(version);
const path = join(folderOf(version), 'history.json');
writeFileSync(path, `${JSON.stringify(history, null, 2)}\n`);

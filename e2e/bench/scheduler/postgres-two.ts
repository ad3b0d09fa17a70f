import { startPostgres } from '../../setup/postgres.ts';
import { producerOf, type Producer } from '../../network/client.ts';
import { canPin, freePort, Program, startNetwork } from '../../network/processes.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';
import { newDatabase } from './peers/postgres-database.ts';
import { canHold, holdToShare } from './core-share.ts';
import { cpuMsOf } from './process-use.ts';
import { tinyJobs } from './tiny-job.ts';

const RUNS = 5;
const WARMUPS = 4;
const TASKS = 65_536;
const BATCH = 64;
const SESSIONS = 64;
/** Of a core, for each orchestrator: two of them leave more than half of two cores to the rest. */
const SHARE = 0.4;

type Measured = {
  readonly tasksPerSecond: number;
  /** Of the orchestrators, all threads, for a thousand tasks. */
  readonly cpuMs: number;
};

type Network = { run(): Promise<Measured>; end(): Promise<void> };

/**
 * How many times as fast two orchestrators that share a PostgreSQL are as one, over real RPC and
 * with every commit synced; and what the sharing costs each of them in CPU time.
 *
 * The same agents are attached to the one, and half of them to each of the two. Database and agents
 * run on the same machine, so each orchestrator is held to a share of a core that leaves them what
 * they need: else the figure would tell of the machine. Where nobody may be held to one, each has a
 * core, and it does.
 */
export async function postgresTwo(): Promise<readonly Line[]> {
  const names = ['postgres-two-over-one', 'postgres-cpu-one-over-two'] as const;
  const postgres = await startPostgres();
  if (postgres === null) {
    return names.map((name) => ({ suite: 'scheduler', name, skipped: 'no PostgreSQL here' }));
  }
  const rates: Run[] = [];
  const costs: Run[] = [];
  try {
    for (let run = 0; run < RUNS; run++) {
      const one = await measured(postgres.url, [0]);
      const two = await measured(postgres.url, [0, 1]);
      const [ours, peer] = [two.tasksPerSecond, one.tasksPerSecond];
      rates.push({ value: ours / peer, ours, peer });
      costs.push({ value: one.cpuMs / two.cpuMs, ours: two.cpuMs, peer: one.cpuMs });
    }
  } finally {
    postgres.stop();
  }
  const work = `${TASKS} tasks of 1 number in batches of ${BATCH}, ${SESSIONS} agents; ${bounds()}`;
  const about = { suite: 'scheduler', unit: 'ratio', better: 'higher', work } as const;
  return [
    figureOf(
      { ...about, name: names[0], peer: 'one orchestrator, tasks/s', goal: '>= 1.6' },
      rates,
    ),
    figureOf({ ...about, name: names[1], peer: 'one orchestrator, CPU ms for 1000 tasks' }, costs),
  ];
}

function bounds(): string {
  if (canHold())
    return `each orchestrator held to ${SHARE} of a core, PostgreSQL and agents to none`;
  const pinned = canPin() ? 'each orchestrator on a core of its own' : 'nothing pinned';
  return `${pinned}, PostgreSQL and agents on the same cores`;
}

async function measured(server: string, cores: readonly number[]): Promise<Measured> {
  const network = await startShared(await newDatabase(server, 'manyhands_two'), cores);
  try {
    for (let warmup = 0; warmup < WARMUPS; warmup++) await network.run();
    return await network.run();
  } finally {
    await network.end();
  }
}

async function startShared(database: string, cores: readonly number[]): Promise<Network> {
  const data = temporaryFolder();
  const started: {
    readonly url: string;
    readonly program: Program;
    readonly release: () => void;
    readonly producer: Producer;
  }[] = [];
  for (const core of cores) {
    const port = await freePort();
    const own = `${data}/${port}`;
    const args = ['--no-welcome-job', '--log-level', 'warn', '--database', database];
    const program = await startNetwork({ port, data: own, args, ...pin(core) });
    const release = canHold() ? holdToShare(program.child.pid ?? 0, SHARE) : () => undefined;
    const url = `http://127.0.0.1:${port}`;
    started.push({ url, program, release, producer: producerOf(url, own) });
  }
  const [first] = started;
  if (first === undefined) throw new Error('a network has an orchestrator');
  const script = new URL('rpc-load.ts', import.meta.url).pathname;
  const loads = started.map(({ url }) => {
    return new Program([url, String(SESSIONS / started.length), String(BATCH)], { script });
  });
  const spec = (await tinyJobs(first.url, first.producer))(TASKS);
  const cpuMs = (): number =>
    started.reduce((sum, { program }) => sum + cpuMsOf(program.child.pid ?? 0), 0);
  return {
    async run() {
      const before = cpuMs();
      const { job } = await first.producer.submit(spec);
      const view = await first.producer.watch(job);
      if (view.state !== 'done' || view.endedAtMs === null) {
        throw new Error(`the job is ${view.state}: ${view.failure?.message}`);
      }
      const tasksPerSecond = (TASKS * 1_000) / (view.endedAtMs - view.submittedAtMs);
      return { tasksPerSecond, cpuMs: ((cpuMs() - before) * 1_000) / TASKS };
    },
    async end() {
      for (const load of loads) await load.killHard();
      for (const { program, release } of started) {
        await program.interrupt();
        release();
      }
      removeFolder(data);
    },
  };
}

function pin(core: number): { readonly core?: number } {
  return canPin() && !canHold() ? { core } : {};
}

import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { producerOf, type Producer } from '../../network/client.ts';
import { freePort, Program, startNetwork } from '../../network/processes.ts';
import type { JobSpec } from '../../../src/domain/job.ts';
import { CORES, CORES_SHARE, echoTasksPerSecond } from '../echo.ts';
import { figureOf, median, type Line, type Run } from '../figure.ts';
import { removeFolder, temporaryFolder } from '../leftovers.ts';
import { overPeers } from './peers.ts';
import { tinyJobs } from './tiny-job.ts';

const RUNS = 5;
const ECHO_MS = 2_000;

type Way = {
  readonly batch: number;
  /** Agents that ask and report at the same time. */
  readonly sessions: number;
  readonly tasks: number;
  readonly warmups: number;
  readonly goal: string;
};

const BATCHES: Way = { batch: 64, sessions: 16, tasks: 65_536, warmups: 2, goal: '>= 100000' };
const SINGLY: Way = { batch: 1, sessions: 128, tasks: 16_384, warmups: 1, goal: '>= 8000' };

/**
 * Tasks of one number each over real RPC to one orchestrator on one core, in batches and singly:
 * every report signed, every result synced to disk before it is acknowledged and recomputed before
 * it is accepted; from the job's acceptance to its assembled output.
 */
export async function rpcTasks(): Promise<readonly Line[]> {
  return [await measured(BATCHES), await measured(SINGLY)];
}

/** The same in batches, beside task queues that do submit, lease and complete of as small a task. */
export function besidePeers(): Promise<readonly Line[]> {
  return withNetwork(BATCHES, overPeers);
}

async function measured(way: Way): Promise<Line> {
  const { batch, sessions } = way;
  return withNetwork(way, async (measure) => {
    const runs: Run[] = [];
    while (runs.length < RUNS) {
      const peer = await echoTasksPerSecond({ sessions, batch, durationMs: ECHO_MS });
      const ours = await measure();
      runs.push({ value: ours, ours, peer });
    }
    return figureOf(aboutOf(way), runs);
  });
}

/** An orchestrator and its load, warm; `measure` runs one job and gives its tasks a second. */
async function withNetwork<T>(
  { batch, sessions, tasks, warmups }: Way,
  use: (measure: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const data = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['--no-welcome-job', '--log-level', 'warn'];
  const network = await startNetwork({ port, data, args, ...CORES.server });
  const load = new Program([url, String(sessions), String(batch)], {
    script: new URL('rpc-load.ts', import.meta.url).pathname,
    ...CORES.load,
  });
  try {
    const producer = producerOf(url, data);
    const job = (await tinyJobs(url, producer))(tasks);
    const measure = () => Promise.race([tasksPerSecond(producer, job, tasks), endedEarly(load)]);
    for (let warmup = 0; warmup < warmups; warmup++) await measure();
    return await use(measure);
  } finally {
    await load.killHard();
    await network.interrupt();
    removeFolder(data);
  }
}

function aboutOf({ batch, sessions, tasks, goal }: Way) {
  const isSingle = batch === 1;
  const how = isSingle ? 'one by one' : `in batches of ${batch}`;
  // What no orchestrator can do without: each report is signed.
  const floor = isSingle ? `; of each task ${signatureUs()} us are its Ed25519 check` : '';
  return {
    suite: 'scheduler',
    name: `rpc-tasks-per-second-${batch}`,
    unit: 'tasks/s',
    better: 'higher',
    work: `${tasks} tasks of 1 number ${how}, ${sessions} agents, durable, all recomputed; ${CORES_SHARE}${floor}`,
    peer: 'connect-node 2.2 alone, the same reports parsed and answered',
    goal,
  } as const;
}

/** What checking one signature takes here, in microseconds: the median of some rounds. */
function signatureUs(): number {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const report = Buffer.alloc(200, 1);
  const signature = sign(null, report, privateKey);
  const rounds = Array.from({ length: 9 }, () => {
    const startedAtMs = performance.now();
    for (let check = 0; check < 500; check++) verify(null, report, publicKey, signature);
    return ((performance.now() - startedAtMs) * 1_000) / 500;
  });
  return Math.round(median(rounds));
}

async function tasksPerSecond(producer: Producer, spec: JobSpec, tasks: number): Promise<number> {
  const { job } = await producer.submit(spec);
  const view = await producer.watch(job);
  if (view.state !== 'done' || view.endedAtMs === null) {
    throw new Error(`the job is ${view.state}: ${view.failure?.message}`);
  }
  return (tasks * 1_000) / (view.endedAtMs - view.submittedAtMs);
}

/** Without its load a job would never end. */
async function endedEarly(load: Program): Promise<never> {
  await load.ended;
  throw new Error(`the load ended:\n${load.stderr}`);
}

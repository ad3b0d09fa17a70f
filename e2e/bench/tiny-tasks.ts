import { producerOf, type Producer } from '../network/client.ts';
import { freePort, Program, startNetwork } from '../network/processes.ts';
import { reluJob } from '../network/relu-job.ts';
import { CORES, CORES_SHARE, echoTasksPerSecond } from './echo.ts';
import { figureOf, type Line, type Run } from './figure.ts';
import { removeFolder, temporaryFolder } from './leftovers.ts';

const RUNS = 5;
const TASKS = 16_384;
const BATCH = 64;
const SESSIONS = 4;
const ECHO_MS = 2_000;

/**
 * Tasks of one relu'd number each, leased and reported in batches of 64 over real RPC, every one
 * recomputed before it is accepted and every event synced to disk before it is acknowledged; from
 * the job's acceptance to its assembled output.
 */
export async function tinyTasksPerSecond(): Promise<readonly Line[]> {
  const data = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['--no-welcome-job', '--log-level', 'warn'];
  const network = await startNetwork({ port, data, args, ...CORES.server });
  const load = new Program([url, String(SESSIONS)], {
    script: pathOf('tiny-agent'),
    ...CORES.load,
  });
  try {
    const producer = producerOf(url, data);
    const measure = () => Promise.race([tasksPerSecond(producer), endedEarly(load)]);
    await measure();
    const runs: Run[] = [];
    while (runs.length < RUNS) {
      const peer = await echoTasksPerSecond({
        sessions: SESSIONS,
        batch: BATCH,
        durationMs: ECHO_MS,
      });
      const ours = await measure();
      runs.push({ value: ours, ours, peer });
    }
    return [figureOf(ABOUT, runs)];
  } finally {
    await load.killHard();
    await network.interrupt();
    removeFolder(data);
  }
}

const ABOUT = {
  suite: 'first-light',
  name: 'tiny-tasks-per-second',
  unit: 'tasks/s',
  better: 'higher',
  work: `${TASKS} tasks of 1 number, batches of ${BATCH}, durable, all recomputed; ${CORES_SHARE}`,
  peer: 'connect-node 2.2 alone, the same reports parsed and answered',
  goal: '>= 5000',
} as const;

async function tasksPerSecond(producer: Producer): Promise<number> {
  const { job } = await producer.submit(reluJob(TASKS));
  const view = await producer.watch(job);
  if (view.state !== 'done' || view.endedAtMs === null) {
    throw new Error(`the job is ${view.state}: ${view.failure?.message}`);
  }
  return (TASKS * 1_000) / (view.endedAtMs - view.submittedAtMs);
}

/** Without its load a job would never end. */
async function endedEarly(load: Program): Promise<never> {
  await load.ended;
  throw new Error(`the load ended:\n${load.stderr}`);
}

function pathOf(script: string): string {
  return new URL(`${script}.ts`, import.meta.url).pathname;
}

import { Client } from 'pg';
import { batchesOf, Tally, untilTrue, type Peer, type Task } from './peer.ts';
import { newDatabase } from './postgres-database.ts';

const LOCAL_QUEUE = 1_000;
const CONCURRENT_JOBS = 12;
const COMPLETE_DELAY_MS = 0;

/** What is used of the package graphile-worker. */
type Module = {
  readonly Logger: new (factory: () => () => void) => unknown;
  run(options: object): Promise<{ stop(): Promise<void> }>;
  makeWorkerUtils(options: object): Promise<{
    addJobs(
      jobs: readonly { readonly identifier: string; readonly payload: Task }[],
    ): Promise<unknown>;
    release(): Promise<void>;
  }>;
};

export const graphileWorker: Peer = {
  name: 'graphile-worker',
  description:
    `graphile-worker 0.18, local queue of ${LOCAL_QUEUE}, ${CONCURRENT_JOBS} jobs at once, ` +
    `completions batched, PostgreSQL fsync on`,
  async open({ load, postgres }) {
    if (postgres === null) return { skipped: 'PostgreSQL is not here' };
    const { run, makeWorkerUtils, Logger } = await load<Module>('graphile-worker');
    const connectionString = await newDatabase(postgres, 'peer_graphile_worker');
    const preset = {
      worker: {
        connectionString,
        maxPoolSize: 10,
        concurrentJobs: CONCURRENT_JOBS,
        localQueue: { size: LOCAL_QUEUE },
        completeJobBatchDelay: COMPLETE_DELAY_MS,
        failJobBatchDelay: COMPLETE_DELAY_MS,
        logger: new Logger(() => () => {}),
      },
    };
    let tally = new Tally(0);
    const producer = await makeWorkerUtils({ preset });
    const runner = await run({
      preset,
      noHandleSignals: true,
      taskList: { relu: (task: Task) => void tally.compute(task) },
    });
    const books = new Client({ connectionString });
    await books.connect();
    const isEmpty = async (): Promise<boolean> => {
      const { rows } = await books.query('SELECT 1 FROM graphile_worker._private_jobs LIMIT 1');
      return rows.length === 0;
    };
    return {
      async run(count) {
        tally = new Tally(count);
        for (const batch of batchesOf(count)) {
          await producer.addJobs(batch.map((payload) => ({ identifier: 'relu', payload })));
        }
        await tally.finished;
        await untilTrue(isEmpty);
      },
      async close() {
        await runner.stop();
        await producer.release();
        await books.end();
      },
    };
  },
};

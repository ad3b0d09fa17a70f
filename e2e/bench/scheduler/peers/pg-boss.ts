import { batchesOf, Tally, type Peer, type Task } from './peer.ts';
import { newDatabase } from './postgres-database.ts';

const QUEUE = 'tasks';
const FETCH_BATCH = 500;
const WORKERS = 2;

/** What is used of the package pg-boss. */
type Module = {
  readonly PgBoss: new (options: object) => {
    start(): Promise<unknown>;
    stop(options: object): Promise<void>;
    on(event: 'error', listener: (error: Error) => void): unknown;
    createQueue(name: string): Promise<void>;
    insert(name: string, jobs: readonly { readonly data: Task }[]): Promise<unknown>;
    fetch(
      name: string,
      options: { readonly batchSize: number },
    ): Promise<readonly { readonly id: string; readonly data: Task }[]>;
    deleteAllJobs(name: string): Promise<unknown>;
    complete(name: string, ids: readonly string[]): Promise<unknown>;
  };
};

export const pgBoss: Peer = {
  name: 'pg-boss',
  description: `pg-boss 12, fetch and complete of ${FETCH_BATCH}, ${WORKERS} loops, PostgreSQL fsync on`,
  async open({ load, postgres }) {
    if (postgres === null) return { skipped: 'PostgreSQL is not here' };
    const { PgBoss } = await load<Module>('pg-boss');
    const connectionString = await newDatabase(postgres, 'peer_pg_boss');
    const boss = new PgBoss({ connectionString, max: 8, supervise: false, schedule: false });
    boss.on('error', (error) => console.error(error));
    await boss.start();
    await boss.createQueue(QUEUE);

    const work = async (tally: Tally): Promise<void> => {
      while (tally.left > 0) {
        const jobs = await boss.fetch(QUEUE, { batchSize: FETCH_BATCH });
        if (jobs.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          continue;
        }
        for (const { data } of jobs) tally.compute(data);
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
      }
    };

    return {
      async run(count) {
        const tally = new Tally(count);
        const workers = Array.from({ length: WORKERS }, () => work(tally));
        for (const batch of batchesOf(count)) {
          await boss.insert(
            QUEUE,
            batch.map((data) => ({ data })),
          );
        }
        await Promise.all(workers);
      },
      // What is complete stays for days otherwise.
      tidy: () => boss.deleteAllJobs(QUEUE),
      close: () => boss.stop({ graceful: false }),
    };
  },
};

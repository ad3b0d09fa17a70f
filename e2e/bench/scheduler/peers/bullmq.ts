import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../network/processes.ts';
import { batchesOf, Tally, untilTrue, type Peer, type Task } from './peer.ts';
import { startServer } from './server.ts';

const QUEUE = 'tasks';
const CONCURRENCY = 256;

type Connection = { readonly host: string; readonly port: number };

/** What is used of the package bullmq. */
type Module = {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    addBulk(
      jobs: readonly { readonly name: string; readonly data: Task; readonly opts: object }[],
    ): Promise<unknown>;
    getJobCounts(): Promise<Readonly<Record<string, number>>>;
    close(): Promise<void>;
  };
  readonly Worker: new (
    name: string,
    processor: (job: { readonly data: Task }) => Promise<number>,
    options: object,
  ) => {
    on(event: 'error', listener: (error: Error) => void): unknown;
    close(force: boolean): Promise<void>;
  };
};

/** With every write synced, as ours; and as most run it, synced once a second. */
export const bullmq: Peer = bullmqWith('always');
export const bullmqEverySecond: Peer = bullmqWith('everysec');

function bullmqWith(sync: 'always' | 'everysec'): Peer {
  return {
    name: sync === 'always' ? 'bullmq' : 'bullmq-everysec',
    description: `BullMQ 6 on Redis, added in bulk, ${CONCURRENCY} jobs at once, appendfsync ${sync}`,
    async open({ load }) {
      const folder = mkdtempSync(join(tmpdir(), 'manyhands-redis-'));
      const connection = { host: '127.0.0.1', port: await freePort() };
      const server = await startServer({
        program: 'redis-server',
        package: 'redis-server',
        args: redisArgs({ ...connection, folder, sync }),
        port: connection.port,
      });
      const removeFolder = () => rmSync(folder, { recursive: true, force: true });
      if ('skipped' in server) {
        removeFolder();
        return server;
      }
      const { Queue, Worker } = await load<Module>('bullmq');
      const queue = new Queue(QUEUE, { connection });
      let tally = new Tally(0);
      const worker = new Worker(QUEUE, async ({ data }) => tally.compute(data), {
        connection,
        concurrency: CONCURRENCY,
      });
      worker.on('error', (error) => console.error(error));
      const isEmpty = async (): Promise<boolean> =>
        Object.values(await queue.getJobCounts()).every((count) => count === 0);
      return {
        async run(count) {
          tally = new Tally(count);
          for (const batch of batchesOf(count)) {
            const opts = { removeOnComplete: true };
            await queue.addBulk(batch.map((data) => ({ name: 'relu', data, opts })));
          }
          await tally.finished;
          await untilTrue(isEmpty);
        },
        async close() {
          await worker.close(true);
          await queue.close();
          await server.stop();
          removeFolder();
        },
      };
    },
  };
}

function redisArgs(of: Connection & { folder: string; sync: string }): readonly string[] {
  const durable = ['--appendonly', 'yes', '--appendfsync', of.sync, '--save', ''];
  return ['--bind', of.host, '--port', String(of.port), '--dir', of.folder, ...durable];
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../network/processes.ts';
import { batchesOf, Tally, untilTrue, type Peer, type Task } from './peer.ts';
import { startServer } from './server.ts';

const STREAM = 'tasks';
const FETCH_BATCH = 500;
const FETCH_LOOPS = 4;

type Message = { json(): Task; ack(): void };

/** What is used of the packages @nats-io/transport-node and @nats-io/jetstream. */
type Transport = {
  connect(options: { readonly servers: string }): Promise<{ close(): Promise<void> }>;
};
type JetStream = {
  jetstream(connection: unknown): {
    publish(subject: string, payload: string): Promise<unknown>;
    readonly consumers: { get(stream: string, consumer: string): Promise<Consumer> };
  };
  jetstreamManager(connection: unknown): Promise<{
    readonly streams: {
      add(config: object): Promise<unknown>;
      info(stream: string): Promise<{ readonly state: { readonly messages: number } }>;
    };
    readonly consumers: { add(stream: string, config: object): Promise<unknown> };
  }>;
};
type Consumer = {
  fetch(options: object): Promise<AsyncIterable<Message>>;
};

export const nats: Peer = {
  name: 'nats',
  description:
    `NATS JetStream 2.9 (Debian), a work queue on disk, published 1000 at a time, fetched by ` +
    `${FETCH_BATCH} in ${FETCH_LOOPS} loops; this version syncs to disk every 2 minutes only`,
  async open({ load }) {
    const folder = mkdtempSync(join(tmpdir(), 'manyhands-nats-'));
    const removeFolder = () => rmSync(folder, { recursive: true, force: true });
    const port = await freePort();
    const config = join(folder, 'nats.conf');
    writeFileSync(config, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}" }\n`);
    const args = ['-c', config];
    const server = await startServer({
      program: 'nats-server',
      package: 'nats-server',
      args,
      port,
    });
    if ('skipped' in server) {
      removeFolder();
      return server;
    }
    const { connect } = await load<Transport>('@nats-io/transport-node');
    const { jetstream, jetstreamManager } = await load<JetStream>('@nats-io/jetstream');
    const connection = await connect({ servers: `127.0.0.1:${port}` });
    const manager = await jetstreamManager(connection);
    const stream = { name: STREAM, subjects: [STREAM], storage: 'file', retention: 'workqueue' };
    await manager.streams.add(stream);
    const pending = FETCH_BATCH * FETCH_LOOPS;
    const consumer = { durable_name: 'agents', ack_policy: 'explicit', max_ack_pending: pending };
    await manager.consumers.add(STREAM, consumer);
    const client = jetstream(connection);

    const work = async (tally: Tally): Promise<void> => {
      const source = await client.consumers.get(STREAM, 'agents');
      while (tally.left > 0) {
        const messages = await source.fetch({ max_messages: FETCH_BATCH, expires: 1_000 });
        for await (const message of messages) {
          tally.compute(message.json());
          message.ack();
        }
      }
    };

    return {
      async run(count) {
        const tally = new Tally(count);
        const workers = Array.from({ length: FETCH_LOOPS }, () => work(tally));
        for (const batch of batchesOf(count)) {
          await Promise.all(batch.map((task) => client.publish(STREAM, JSON.stringify(task))));
        }
        await tally.finished;
        await untilTrue(async () => (await manager.streams.info(STREAM)).state.messages === 0);
        void Promise.all(workers);
      },
      async close() {
        await connection.close();
        await server.stop();
        removeFolder();
      },
    };
  },
};

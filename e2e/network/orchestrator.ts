import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configWith,
  startOrchestrator,
  type OrchestratorConfig,
} from '../../src/orchestrator/index.ts';
import { certain, producerOf, type Producer } from './client.ts';

/** An orchestrator in this process, on a free port, with a store and a home of its own. */
export type TestOrchestrator = {
  readonly url: string;
  readonly data: string;
  readonly producer: Producer;
  /** Stops it and removes its store. */
  close(): Promise<void>;
};

/** Starts one without welcome jobs; `now` is its clock. */
export async function testOrchestrator(
  options: { readonly now?: () => number; readonly changes?: Partial<OrchestratorConfig> } = {},
): Promise<TestOrchestrator> {
  const data = await mkdtemp(join(tmpdir(), 'manyhands-e2e-'));
  const own = { host: '127.0.0.1', port: 0, home: data, data, web: data, diskReserve: 0 };
  const config = configWith({ ...own, welcomeJob: false, logLevel: 'silent', ...options.changes });
  const { now } = options;
  const running = certain(await startOrchestrator(config, now === undefined ? {} : { now }));
  return {
    url: running.url,
    data,
    producer: producerOf(running.url, running.dataFolder),
    close: async () => {
      await running.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTestDatabase } from '../../src/orchestrator/database/test-database.contract.ts';
import { producerOf, type Producer } from '../network/client.ts';
import { freePort, Program, startNetwork } from '../network/processes.ts';

export type Member = {
  readonly url: string;
  readonly program: Program;
  readonly producer: Producer;
};

/** Orchestrators and agents, as processes, that share a database of their own. */
export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'manyhands-cluster-'));
  readonly #test;
  readonly #programs: Program[] = [];

  private constructor(test: Awaited<ReturnType<typeof makeTestDatabase>>) {
    this.#test = test;
  }

  static async make(): Promise<Cluster> {
    return new Cluster(await makeTestDatabase());
  }

  get database() {
    return this.#test.database;
  }

  async member(core?: number): Promise<Member> {
    const port = await freePort();
    const data = join(this.folder, `data-${port}`);
    const args = ['--no-welcome-job', '--database', this.#test.address.url];
    const program = await startNetwork({
      port,
      data,
      args,
      ...(core === undefined ? {} : { core }),
    });
    this.#programs.push(program);
    const url = `http://127.0.0.1:${port}`;
    return { url, program, producer: producerOf(url, data) };
  }

  /** An agent of these, the first one first. */
  agent(...members: readonly Member[]): Program {
    const key = join(this.folder, `agent-${this.#programs.length}.pem`);
    const addresses = members.flatMap(({ url }) => ['--orchestrator', url]);
    const program = new Program(['agent', ...addresses, '--key', key, '--threads', '1']);
    this.#programs.push(program);
    return program;
  }

  async end(): Promise<void> {
    for (const program of this.#programs) await program.killHard();
    await this.#test.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

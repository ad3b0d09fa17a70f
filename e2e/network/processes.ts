import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const START_MS = 60_000;

export type ProgramOptions = {
  /** Instead of Node with a script. */
  readonly program?: string;
  /** Instead of the command line's entry. */
  readonly script?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** The one CPU core to run on. */
  readonly core?: number;
};

const running = new Set<ChildProcess>();

/** SIGKILL for every program that still runs: for the end of the process that started them. */
export function endProgramsNow(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Whether programs can be pinned to a core: Linux's taskset is there. */
export function canPin(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}

/** A `manyhands …` process of this test, with what it printed. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[], options: ProgramOptions = {}) {
    const { script = CLI, environment = {}, core } = options;
    const runner = options.program === undefined ? [process.execPath, script] : [options.program];
    const command = [...runner, ...args];
    // One core of Linux's, so that a figure can say "on one core".
    const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command];
    const [name = '', ...rest] = pinned;
    this.child = spawn(name, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1', ...environment },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    running.add(this.child);
    this.ended = once(this.child, 'exit').then(([code]) => {
      running.delete(this.child);
      return code;
    });
  }

  /** SIGKILL: no handler runs, nothing is flushed. */
  async killHard(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** SIGINT, as Ctrl-C sends it; gives the exit code. */
  async interrupt(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    return this.ended;
  }
}

/** Runs a `manyhands …` command to its end. */
export async function manyhands(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = new Program(args, { environment });
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Starts an orchestrator process and waits until it is healthy. */
export async function startNetwork(options: {
  readonly port: number;
  readonly data: string;
  readonly args?: readonly string[];
  readonly core?: number;
}): Promise<Program> {
  const { port, data, args = [], core } = options;
  const program = new Program(
    ['start', '--port', String(port), '--data', data, '--home', data, ...args],
    core === undefined ? {} : { core },
  );
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && program.child.exitCode === null) {
    const health = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (health?.ok) return program;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await program.killHard();
  throw new Error(`the orchestrator did not start:\n${program.stdout}\n${program.stderr}`);
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Waits until `probe` gives a value. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${timeoutMs} ms for: ${what}`);
}

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** The repository: every command runs there, wherever it was typed. */
export const ROOT = join(import.meta.dirname, '../..');

export type ProgramEnd = {
  /** 128 + signal number where a signal ended it; 127 where it could not be started. */
  readonly code: number;
  /** What it wrote, both streams in order of arrival; empty where it was shown. */
  readonly output: string;
};

export type RunOptions = {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** true: its output goes to the terminal as it comes. */
  readonly shown?: boolean;
  /** After this long it is ended. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
};

/** Programs at work. */
const running = new Set<ChildProcess>();
/** How often a person asked to end. */
let interrupts = 0;
/** Each is the head of a group of its own, so that all of it can be ended from here. */
let hasOwnGroups = false;

/** Runs a program of the machine or of node_modules/.bin to its end. */
export async function runProgram(
  command: readonly string[],
  options: RunOptions = {},
): Promise<ProgramEnd> {
  const [name = '', ...rest] = command;
  const child = spawn(name, rest, {
    cwd: options.cwd ?? ROOT,
    stdio: ['ignore', ...(options.shown ? (['inherit', 'inherit'] as const) : pipes)],
    env: {
      ...process.env,
      ...options.environment,
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    },
    detached: hasOwnGroups,
    timeout: options.timeoutMs,
  });
  running.add(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve(127);
    });
    child.on('close', (exitCode, signal) => resolve(exitCode ?? 128 + signalNumber(signal)));
  });
  running.delete(child);
  // Whoever called would begin what comes next.
  if (interrupts > 0 && running.size === 0) process.exit(130);
  return { code, output };
}

/**
 * Makes Ctrl-C end what runs and then this process: asked to at first, killed at the second.
 *
 * From then on the terminal interrupts programs only through here, once.
 */
export function endProgramsOnInterrupt(): void {
  hasOwnGroups = true;
  const interrupt = (): void => {
    interrupts++;
    signalAll(interrupts === 1 ? 'SIGINT' : 'SIGKILL');
    if (interrupts === 1) console.error('\nInterrupted: stopping. Ctrl-C again kills at once.');
    if (running.size === 0 || interrupts > 1) process.exit(130);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.on('exit', () => signalAll('SIGKILL'));
}

const pipes = ['pipe', 'pipe'] as const;

function signalAll(signal: NodeJS.Signals): void {
  for (const { pid } of running) {
    try {
      // A negative id names the whole group: the program and what it started.
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // It ended in the meantime.
    }
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15;
}

#!/usr/bin/env node
import { EXIT, type ExitCode } from './exit-code.ts';
import { runCommand } from './run-command.ts';
import { processPauseSwitch } from './pause-switch.ts';
import { openTerminal } from './terminal.ts';

/**
 * Runs `manyhands …` in this process and gives its exit code.
 *
 * The first Ctrl-C asks the command to end, a second one ends the process at once.
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  // Whoever reads our output has read enough: "manyhands job list | head -1".
  process.stdout.on('error', () => process.exit(EXIT.ok));
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const terminal = openTerminal({ stdout: process.stdout, stderr: process.stderr });
  const { signal } = stop;
  const environment = process.env;
  return runCommand(args, { terminal, environment, signal, pauseSwitch: processPauseSwitch });
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { Outcome } from '../domain/outcome.ts';
import { buildProgram } from './build-program.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/**
 * Runs `manyhands …` and gives its exit code.
 *
 * The first Ctrl-C asks the command to end, a second one ends the process at once.
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const terminal = openTerminal({ stdout: process.stdout, stderr: process.stderr });
  // Whoever reads our output has read enough: "manyhands job list | head -1".
  process.stdout.on('error', () => process.exit(EXIT.ok));
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let exitCode: ExitCode = EXIT.ok;
  const conclude = (outcome: Outcome<ExitCode>, { isJson }: { isJson: boolean }): void => {
    exitCode = concluded(outcome, { terminal, isJson });
  };
  const surroundings = { terminal, environment: process.env, signal: stop.signal, conclude };
  try {
    const program = await buildProgram(surroundings, args);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    terminal.clearStatus();
    terminal.note(bugReport(thrown));
    return EXIT.failure;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function concluded(
  outcome: Outcome<ExitCode>,
  { terminal, isJson }: { terminal: Terminal; isJson: boolean },
): ExitCode {
  terminal.clearStatus();
  if (outcome.ok) return outcome.value;
  const { failure } = outcome;
  if (isJson) terminal.result(JSON.stringify({ failure }));
  // The message may quote what others wrote.
  terminal.note(`error: ${printable(failure.message)}`);
  return exitCodeOf(failure);
}

/** What was not expected is a bug: say so, with its place where that was asked for. */
function bugReport(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (process.env['MANYHANDS_DEBUG'] === '1') return error.stack ?? error.message;
  return `error: ${error.message}. This is a bug; MANYHANDS_DEBUG=1 shows where.`;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
